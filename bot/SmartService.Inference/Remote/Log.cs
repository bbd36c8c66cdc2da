using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Remote;

/// <summary>Of failures only the type is logged: an HTTP error may repeat the request.</summary>
internal static partial class Log
{
    [LoggerMessage(7101, LogLevel.Warning, "The {Client} model keeps failing and is left alone for {Seconds} s ({Error})")]
    public static partial void LeftAlone(ILogger logger, string client, double seconds, string? error);
}
