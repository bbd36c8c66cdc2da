using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Engine;

internal static partial class SchedulerLog
{
    [LoggerMessage(5101, LogLevel.Error, "The model's context failed and is made anew; {Requests} running requests start over")]
    public static partial void ContextFailed(this ILogger logger, int requests);

    [LoggerMessage(5102, LogLevel.Error, "The model's context could not be made anew")]
    public static partial void ContextLost(this ILogger logger, Exception exception);

    [LoggerMessage(5103, LogLevel.Error, "A request was refused by the decoder as malformed and failed; this is a mistake of the scheduler")]
    public static partial void RequestMalformed(this ILogger logger, Exception? exception);

    [LoggerMessage(5104, LogLevel.Error, "A request failed while its output was made")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5106, LogLevel.Error, "A decode failed with an exception")]
    public static partial void DecodeFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5107, LogLevel.Error, "A step of the scheduler failed; this is a mistake of the scheduler")]
    public static partial void StepFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5105, LogLevel.Warning, "A decode took longer than {Seconds} s and was interrupted")]
    public static partial void DecodeTooLong(this ILogger logger, double seconds);
}
