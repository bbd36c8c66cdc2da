using Microsoft.Extensions.Logging;

namespace SmartService.Desk;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "A sign-in to the desk from {Address} was refused (too many tries: {TooMany})")]
    public static partial void SignInRefused(ILogger logger, string address, bool tooMany);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The desk could not read the store; it tries again")]
    public static partial void RefreshFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An act on the desk failed")]
    public static partial void ActFailed(ILogger logger, Exception exception);
}
