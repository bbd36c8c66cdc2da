using Microsoft.Extensions.Logging;

namespace SmartService.Bot.Turns;

// Exceptions of foreign code may quote what a customer wrote, so only their type and place are logged; the whole is Trace.
internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Error, "The store cannot be used; {Loop} tries again in a second: {Reason}")]
    public static partial void StoreAway(ILogger logger, string loop, string reason);

    [LoggerMessage(1002, LogLevel.Error, "{Loop} failed with {Error} at {Place}")]
    public static partial void LoopFailed(ILogger logger, string loop, string error, string? place);

    [LoggerMessage(1003, LogLevel.Warning, "A bell of channel {Channel} names no account and none is known yet")]
    public static partial void BellWithoutAccount(ILogger logger, string channel);

    [LoggerMessage(1010, LogLevel.Warning, "Pull of {Channel} account {Account} was refused, next try in {Delay}: {Reason}")]
    public static partial void PullRefused(ILogger logger, string channel, string account, TimeSpan delay, string reason);

    [LoggerMessage(1011, LogLevel.Warning, "Pull lease of {Channel} account {Account} was lost; the page is thrown away")]
    public static partial void PullLeaseLost(ILogger logger, string channel, string account);

    [LoggerMessage(1020, LogLevel.Information, "Turn {Seq} of {Conversation} ended: {Outcome}")]
    public static partial void TurnEnded(ILogger logger, long seq, string conversation, string outcome);

    [LoggerMessage(1021, LogLevel.Warning, "Turn of {Conversation} lost its lease; the result is thrown away")]
    public static partial void TurnLeaseLost(ILogger logger, string conversation);

    [LoggerMessage(1022, LogLevel.Error, "Turn of {Conversation} failed, attempt {Attempt}: {Error} at {Place}")]
    public static partial void TurnFailed(ILogger logger, string conversation, int attempt, string error, string? place);

    [LoggerMessage(1023, LogLevel.Trace, "Details of the failure")]
    public static partial void Details(ILogger logger, Exception exception);

    [LoggerMessage(1024, LogLevel.Error, "{Count} messages of {Conversation} are set aside after {Attempts} attempts")]
    public static partial void SetAside(ILogger logger, int count, string conversation, int attempts);

    [LoggerMessage(1025, LogLevel.Warning, "The lease of {Conversation} could not be renewed and is tried again: {Error}")]
    public static partial void RenewalFailed(ILogger logger, string conversation, string error);

    [LoggerMessage(1030, LogLevel.Warning, "Reply {Reply} of {Conversation} is {State} (code {Code}): {Reason}")]
    public static partial void ReplyNotSent(ILogger logger, string reply, string conversation, string state, int code, string? reason);

    [LoggerMessage(1031, LogLevel.Warning, "Delivery lease of {Conversation} was lost; the next holder repeats the part with the same key")]
    public static partial void DeliveryLeaseLost(ILogger logger, string conversation);
}
