using Microsoft.Extensions.Logging;

namespace SmartService.StandIn;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Bell of {OpenKfId} acknowledged after {Milliseconds} ms at attempt {Attempt}")]
    public static partial void BellAcknowledged(ILogger logger, string openKfId, double milliseconds, int attempt);

    [LoggerMessage(2, LogLevel.Debug, "Bell of {OpenKfId} failed at attempt {Attempt}: {Reason}")]
    public static partial void BellFailed(ILogger logger, string openKfId, int attempt, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Bell of {OpenKfId} given up after {Attempts} attempts; the next message rings again")]
    public static partial void BellGivenUp(ILogger logger, string openKfId, int attempts);

    [LoggerMessage(4, LogLevel.Debug, "{Api} refused with {Code}: {Reason}")]
    public static partial void Refused(ILogger logger, string api, int code, string reason);

    [LoggerMessage(5, LogLevel.Warning, "control/ refused a caller from {Address}; see StandInOptions.AllowRemoteControl")]
    public static partial void RemoteControlRefused(ILogger logger, string address);
}
