using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>A customer's transcript as server-sent events: <c>message</c> per entry, <c>status</c> when state or quota changed.</summary>
internal sealed class EventStream(KfPlatform platform, CustomerControl control, PlatformClock clock, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(15);

    public async Task StreamAsync(HttpContext http)
    {
        var id = ControlAnswers.CustomerId((string?)http.GetRouteValue("customer"));
        var account = platform.Account(http.Request.Query["open_kfid"]);
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await StreamAsync(http.Response, id, account, FirstSeq(http), ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The page was closed, or the host stops.
        }
    }

    private async Task StreamAsync(HttpResponse response, string id, KfAccount? account, long after, CancellationToken cancellationToken)
    {
        var customer = platform.Customer(id);
        ReadOnlyMemory<byte> shown = default;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (!ReferenceEquals(customer, platform.Customer(id)))
            {
                // After a reset the page starts over.
                await WriteAsync(response, "reset", null, "{}"u8.ToArray(), cancellationToken);
                (customer, after) = (platform.Customer(id), 0);
            }

            var (entries, changed) = customer.Transcript.After(after);
            foreach (var entry in entries)
            {
                await WriteAsync(response, "message", entry.Seq, PlatformJson.Object(entry.Write), cancellationToken);
                after = entry.Seq;
            }

            if (account is not null && control.Status(account, id) is var status && !status.Span.SequenceEqual(shown.Span))
            {
                shown = status;
                await WriteAsync(response, "status", null, status, cancellationToken);
            }

            await response.Body.FlushAsync(cancellationToken);
            await WaitAsync(response, changed, cancellationToken);
        }
    }

    private async Task WaitAsync(HttpResponse response, Task changed, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(_heartbeat, clock.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A comment keeps proxies from closing the line, and lets the status follow the clock.
            await response.Body.WriteAsync(": still here\n\n"u8.ToArray(), cancellationToken);
        }
    }

    private static long FirstSeq(HttpContext http)
    {
        string? text = http.Request.Headers["Last-Event-ID"];
        text = string.IsNullOrEmpty(text) ? http.Request.Query["after"] : text;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : 0;
    }

    private static async Task WriteAsync(HttpResponse response, string name, long? id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var head = id is null ? $"event: {name}\ndata: " : string.Create(CultureInfo.InvariantCulture, $"event: {name}\nid: {id}\ndata: ");
        await response.Body.WriteAsync(System.Text.Encoding.UTF8.GetBytes(head), cancellationToken);
        await response.Body.WriteAsync(json, cancellationToken);
        await response.Body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
    }
}
