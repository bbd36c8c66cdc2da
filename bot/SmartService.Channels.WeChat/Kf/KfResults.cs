using SmartService.Channels.WeChat.Api;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>What an answer of a sending call means for the reply.</summary>
internal static class KfResults
{
    private static readonly TimeSpan AtLeast = TimeSpan.FromSeconds(2);

    public static SendResult Of(SendAnswer answer, string replyId)
    {
        if (answer.Errcode == 0)
        {
            return SendResult.Sent(string.IsNullOrEmpty(answer.Msgid) ? replyId : answer.Msgid);
        }

        return WeComErrors.SaysRepeated(answer) ? SendResult.Sent(replyId) : Failed(answer);
    }

    public static SendResult Failed(WeComAnswer answer)
    {
        var error = WeComErrors.Of(answer);
        return error.Kind switch
        {
            ErrorKind.Busy or ErrorKind.Token => new SendResult(SendStatus.Retry, null, answer.Errcode, error.Sentence, Jittered(error.RetryAfter ?? AtLeast)),
            ErrorKind.Held or ErrorKind.WrongState => new SendResult(SendStatus.Held, null, answer.Errcode, error.Sentence),
            _ => new SendResult(SendStatus.Refused, null, answer.Errcode, error.Sentence),
        };
    }

    /// <summary>No answer: the msgid makes a repeat harmless.</summary>
    public static SendResult Of(ChannelException failure) => failure.Permanent
        ? new SendResult(SendStatus.Refused, null, failure.Code, failure.Message)
        : new SendResult(SendStatus.Retry, null, failure.Code, failure.Message, Jittered(failure.RetryAfter ?? AtLeast));

    // The concurrency limit (45033) is only relieved when callers do not come back together.
#pragma warning disable CA5394 // Spreads load, protects nothing.
    private static TimeSpan Jittered(TimeSpan least) => least + Random.Shared.NextDouble() * TimeSpan.FromSeconds(1);
#pragma warning restore CA5394
}
