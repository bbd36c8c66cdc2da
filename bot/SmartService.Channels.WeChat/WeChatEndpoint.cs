using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat.Callbacks;
using SmartService.Channels.WeChat.Kf;

namespace SmartService.Channels.WeChat;

/// <summary>
/// The callback of 微信客服: verify, write the bell down, acknowledge. No platform call happens on this path, because WeCom
/// cuts the connection after 5 s and repeats. Answers: 200 accepted, 403 not verified (always the same, whatever the
/// reason; stale timestamps too), 413 too large, 503 could not be written down.
/// </summary>
public sealed class WeChatEndpoint
{
    // The store has to give up before WeCom does.
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(4);

    private readonly IInbox _inbox;
    private readonly TimeProvider _time;
    private readonly ILogger<WeChatEndpoint> _log;
    private readonly RefusalBudget _budget;
    private readonly KfCallback _kf;

    /// <summary>Creates the endpoint from validated options.</summary>
    public WeChatEndpoint(IInbox inbox, IOptions<WeChatOptions> options, TimeProvider time, RefusalBudget budget, ILogger<WeChatEndpoint> log)
    {
        ArgumentNullException.ThrowIfNull(options);
        var kf = options.Value.Kf;
        var keys = new CallbackKeys(kf.Token, kf.EncodingAesKey, options.Value.CorpId, kf.PreviousEncodingAesKey);
        _kf = new KfCallback(new CallbackCrypto(keys), TimeSpan.FromSeconds(kf.MaxSkewSeconds));
        _inbox = inbox;
        _time = time;
        _budget = budget;
        _log = log;
    }

    /// <summary>GET: the console checks that the address is ours. The body is the plaintext and nothing else.</summary>
    public async Task VerifyKfAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var began = _time.GetTimestamp();
        var query = Query(context.Request);
        var opened = _kf.ReadEcho(query, context.Request.Query["echostr"], RawParameter(context.Request.QueryString.Value, "echostr"), _time.GetUtcNow());
        if (opened.Ok)
        {
            RecordSkew(query);
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.ContentLength = opened.Message.Length;
            await context.Response.Body.WriteAsync(opened.Message, context.RequestAborted);
            _log.AddressVerified(KfChannel.ChannelName);
            WeChatTelemetry.CallbackDone(KfChannel.ChannelName, "verified", _time.GetElapsedTime(began));
            return;
        }

        Refuse(context, query, opened.Error, began);
    }

    /// <summary>POST: a bell.</summary>
    public async Task ReceiveKfAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var began = _time.GetTimestamp();
        // A sender that was refused often is still heard (it may share a proxy with WeCom), but only with a body of a bell's size.
        var limit = _budget.IsSpent(Address(context)) ? RefusalBudget.BodyBytes : CallbackLimits.MaxBodyBytes;
        byte[]? body;
        try
        {
            body = await ReadBodyAsync(context, limit);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException or BadHttpRequestException)
        {
            _log.CallbackBrokeOff(KfChannel.ChannelName);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            Done("broken", began);
            return;
        }

        if (body is null)
        {
            _log.CallbackTooLarge(KfChannel.ChannelName, limit);
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            Done("too_large", began);
            return;
        }

        var query = Query(context.Request);
        var bell = _kf.ReadBell(query, body, _time.GetUtcNow());
        if (bell.Error != CallbackError.None)
        {
            Refuse(context, query, bell.Error, began);
            return;
        }

        RecordSkew(query);
        await AcknowledgeAsync(context, bell, began);
    }

    private async Task AcknowledgeAsync(HttpContext context, KfBell bell, long began)
    {
        if (!bell.Rings)
        {
            _log.CallbackIgnored(KfChannel.ChannelName, bell.Kind.Length <= 64 ? bell.Kind : bell.Kind[..64]);
            Done("ignored", began);
            return;
        }

        try
        {
            // Not the request's own token: when WeCom hangs up, the bell is still worth keeping.
            using var patience = new CancellationTokenSource(StorePatience, _time);
            await _inbox.RingAsync(KfChannel.ChannelName, bell.OpenKfId, bell.BellToken, patience.Token);
            Done("accepted", began);
        }
        catch (Exception failure)
        {
            _log.CallbackNotStored(failure, KfChannel.ChannelName);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Done("not_stored", began);
        }
    }

    private void Refuse(HttpContext context, CallbackQuery query, CallbackError error, long began)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        var skew = error == CallbackError.Signature ? null : RecordSkew(query);
        var address = Address(context);
        switch (_budget.Spend(address))
        {
            case RefusalNote.Each:
                _log.CallbackRefused(KfChannel.ChannelName, (int)error, error, skew, address.ToString());
                break;
            case RefusalNote.Last:
                _log.CallbacksRefusedOften(KfChannel.ChannelName, address.ToString());
                break;
        }

        Done(error == CallbackError.Stale ? "stale" : "refused", began);
    }

    private double? RecordSkew(CallbackQuery query)
    {
        var skew = TimestampWindow.Skew(query.Timestamp, _time.GetUtcNow());
        if (skew is { } seconds)
        {
            WeChatTelemetry.Skew.Record(seconds, new KeyValuePair<string, object?>("channel", KfChannel.ChannelName));
        }

        return skew;
    }

    private void Done(string result, long began) => WeChatTelemetry.CallbackDone(KfChannel.ChannelName, result, _time.GetElapsedTime(began));

    // Null when there is more than the limit; then the rest stays unread.
    private static async Task<byte[]?> ReadBodyAsync(HttpContext context, int limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return null;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // The server's own limit must not answer in our place.
            size.MaxRequestBodySize = null;
        }

        using var body = new MemoryStream((int)(context.Request.ContentLength ?? 1024));
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            if (body.Length + count > limit)
            {
                return null;
            }

            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }

    private static CallbackQuery Query(HttpRequest request) => new(
        One(request, "msg_signature") ?? One(request, "msgsignature"),
        One(request, "timestamp"),
        One(request, "nonce"));

    // A repeated parameter is ambiguous, and no sender of ours repeats one.
    private static string? One(HttpRequest request, string name) => request.Query[name] is { Count: 1 } values ? values[0] : null;

    /// <summary>The parameter with its plus signs kept; null when missing or not decodable.</summary>
    internal static string? RawParameter(string? queryString, string name)
    {
        var raw = (queryString ?? "").TrimStart('?').Split('&').FirstOrDefault(pair => pair.StartsWith(name + "=", StringComparison.Ordinal));
        return raw is null ? null : Uri.UnescapeDataString(raw[(name.Length + 1)..]);
    }

    private static IPAddress Address(HttpContext context) => context.Connection.RemoteIpAddress ?? IPAddress.None;
}
