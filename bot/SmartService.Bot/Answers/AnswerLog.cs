using Microsoft.Extensions.Logging;

namespace SmartService.Bot;

/// <summary>
/// Log messages of deciding and answering. None holds what a customer wrote: a plugin's exception may quote it, so only type
/// and place are logged and the whole is Trace.
/// </summary>
internal static partial class AnswerLog
{
    [LoggerMessage(2001, LogLevel.Warning, "Tool {Tool} did not answer within {Seconds} s")]
    public static partial void ToolTimedOut(ILogger logger, string tool, double seconds);

    [LoggerMessage(2002, LogLevel.Warning, "Tool {Tool} failed with {Error}")]
    public static partial void ToolFailed(ILogger logger, string tool, string error);

    [LoggerMessage(2003, LogLevel.Error, "The audit row of tool {Tool} could not be written: {Reason}")]
    public static partial void AuditLost(ILogger logger, string tool, string reason);

    [LoggerMessage(2004, LogLevel.Warning, "The model gave no usable answer ({Cause}); quoting the knowledge base instead")]
    public static partial void Degraded(ILogger logger, string cause);

    [LoggerMessage(2005, LogLevel.Information, "The claim check removed {Count} of {Total} sentences")]
    public static partial void ClaimsRemoved(ILogger logger, int count, int total);

    [LoggerMessage(2006, LogLevel.Error, "Flow {Flow} failed at step {Step} with {Error} at {Place}; it is ended and the customer is told")]
    public static partial void FlowFailed(ILogger logger, string flow, string step, string error, string? place);

    [LoggerMessage(2007, LogLevel.Error, "Reply filter {Filter} failed with {Error} at {Place}; the reply goes out without it")]
    public static partial void FilterFailed(ILogger logger, string filter, string error, string? place);

    [LoggerMessage(2008, LogLevel.Trace, "Details of the failure")]
    public static partial void Details(ILogger logger, Exception exception);

    [LoggerMessage(2009, LogLevel.Information, "The model's machine is saturated; next rung: {Rung}")]
    public static partial void SteppedDown(ILogger logger, string rung);

    [LoggerMessage(2010, LogLevel.Warning, "The model is not ready; quoting the knowledge base instead (said at most once a minute)")]
    public static partial void ModelUnavailable(ILogger logger);
}
