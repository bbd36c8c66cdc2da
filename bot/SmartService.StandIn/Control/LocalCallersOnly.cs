using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>
/// Who may use <c>control/</c> can write as any customer, so by default only programs and pages of this machine may. The
/// host name must be local too: a name of the internet that resolves to 127.0.0.1 makes a foreign page look local.
/// </summary>
internal sealed class LocalCallersOnly(StandInOptions options, ILogger<LocalCallersOnly> logger)
{
    public RequestDelegate Guard(RequestDelegate next) => async http =>
    {
        if (!options.AllowRemoteControl && !IsLocal(http))
        {
            Log.RemoteControlRefused(logger, http.Connection.RemoteIpAddress?.ToString() ?? "an unknown address");
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        if (string.Equals(http.Request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        try
        {
            await next(http);
        }
        catch (ControlException exception)
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            await http.Response.WriteAsync(json => json.WriteString("error", exception.Message));
        }
    };

    private static bool IsLocal(HttpContext http)
    {
        var host = http.Request.Host.Host.Trim('[', ']');
        return http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var named) && IPAddress.IsLoopback(named)));
    }
}
