using System.Globalization;
using Microsoft.AspNetCore.Http;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>Faults, report, ledger and reset, by <c>control/</c>.</summary>
internal sealed class ObserverControl(
    KfPlatform platform, MediaStore media, AccessTokens tokens, FaultBoard faults, Report report, Ledger ledger, PlatformClock clock, StandInOptions options)
{
    public Task ReportAsync(HttpContext http) => http.Response.WriteAsync(json => report.Write(json, platform.CustomerCount));

    public async Task LedgerAsync(HttpContext http)
    {
        var after = int.TryParse(http.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        http.Response.ContentType = "application/x-ndjson; charset=utf-8";
        foreach (var line in ledger.Lines(after))
        {
            await http.Response.Body.WriteAsync(line, http.RequestAborted);
            await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
        }
    }

    public async Task FaultAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        if (body.Flag("expire_tokens"))
        {
            tokens.Expire();
        }
        else if (body.Int("clock_offset_seconds") is { } seconds)
        {
            clock.Offset = TimeSpan.FromSeconds(seconds);
        }
        else
        {
            faults.Arm(Fault.Read(body) ?? throw new ControlException(
                "A fault is one of errcode, latency_ms, drop (answer or request), msg_send_fail, expire_tokens, clock_offset_seconds."));
        }

        await http.Response.WriteAsync(faults.Write);
    }

    public Task FaultsAsync(HttpContext http) => http.Response.WriteAsync(faults.Write);

    public Task ClearFaultsAsync(HttpContext http)
    {
        faults.Clear();
        clock.Offset = TimeSpan.Zero;
        return http.Response.WriteAsync(faults.Write);
    }

    public async Task CallbackAsync(HttpContext http)
    {
        var body = await http.ReadJsonAsync();
        if (body.Text("url") is not { } text)
        {
            options.CallbackUrl = null;
        }
        else if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            options.CallbackUrl = url;
        }
        else
        {
            throw new ControlException("url must be an absolute http or https address, or null.");
        }

        await http.Response.WriteAsync(json => json.WriteString("url", options.CallbackUrl?.AbsoluteUri));
    }

    /// <summary>As after a start, except that credentials and callback address stay.</summary>
    public Task ResetAsync(HttpContext http)
    {
        platform.Clear();
        media.Clear();
        faults.Clear();
        clock.Offset = TimeSpan.Zero;
        report.Clear();
        ledger.Clear();
        return http.Response.WriteAsync(_ => { });
    }
}
