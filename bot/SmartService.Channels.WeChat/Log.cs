using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Callback {Channel} refused: {Code} ({Reason}), clock skew {Skew} s, from {Address}")]
    public static partial void CallbackRefused(this ILogger log, string channel, int code, CallbackError reason, double? skew, string address);

    [LoggerMessage(2, LogLevel.Warning, "Callbacks {Channel} from {Address} are refused so often that single ones are no longer logged for a while")]
    public static partial void CallbacksRefusedOften(this ILogger log, string channel, string address);

    [LoggerMessage(3, LogLevel.Warning, "Callback {Channel} is larger than {Limit} bytes; refused unread")]
    public static partial void CallbackTooLarge(this ILogger log, string channel, int limit);

    [LoggerMessage(4, LogLevel.Error, "Callback {Channel} could not be written down; answered 503 so that the platform repeats it")]
    public static partial void CallbackNotStored(this ILogger log, Exception exception, string channel);

    [LoggerMessage(5, LogLevel.Information, "Callback {Channel}: {Kind} acknowledged, nothing to do")]
    public static partial void CallbackIgnored(this ILogger log, string channel, string kind);

    [LoggerMessage(6, LogLevel.Information, "Callback {Channel}: address verified")]
    public static partial void AddressVerified(this ILogger log, string channel);

    [LoggerMessage(7, LogLevel.Information, "Callback {Channel} broke off before its body was read")]
    public static partial void CallbackBrokeOff(this ILogger log, string channel);

    [LoggerMessage(10, LogLevel.Debug, "Event {Kind} names no customer and is not kept")]
    public static partial void EventWithoutCustomer(this ILogger log, string kind);

    [LoggerMessage(11, LogLevel.Warning, "A message of kind {Kind} names no customer and cannot be kept")]
    public static partial void MessageWithoutCustomer(this ILogger log, string kind);

    [LoggerMessage(12, LogLevel.Information, "A message of kind {Kind} is not understood; kept as it came")]
    public static partial void UnsupportedMessage(this ILogger log, string kind);

    [LoggerMessage(20, LogLevel.Warning, "Reply {ReplyId} not sent: {Status}, WeCom {Code}: {Error}")]
    public static partial void NotSent(this ILogger log, string replyId, SendStatus status, int code, string? error);
}
