using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Hosting.ChildProcess;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "The models are loaded in process {Process} ({Backend}) after {Seconds:0.0} s")]
    public static partial void ChildReady(ILogger logger, int process, string backend, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Process {Process}: {Cause} {Held} requests wait for the next one, {Failed} failed")]
    public static partial void ChildEnded(ILogger logger, int process, string cause, int held, int failed);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Cause}")]
    public static partial void ChildNotStarted(ILogger logger, string cause);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Requests to the local models are refused: {Problem}")]
    public static partial void ChildGivenUp(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Something that is not the models' process connected to its socket and was refused")]
    public static partial void StrangerRefused(ILogger logger);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Models' process: {Line}")]
    public static partial void ChildWrote(ILogger logger, string line);
}
