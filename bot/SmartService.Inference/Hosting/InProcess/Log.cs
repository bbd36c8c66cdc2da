using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Hosting.InProcess;

internal static partial class Log
{
    [LoggerMessage(EventId = 140, Level = LogLevel.Error, Message = "A part of the inference thread stopped by a mistake of ours; its requests fail until a restart.")]
    public static partial void SourceStopped(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 141, Level = LogLevel.Warning, Message = "{Warning}")]
    public static partial void SmallerContext(this ILogger logger, string warning);
}
