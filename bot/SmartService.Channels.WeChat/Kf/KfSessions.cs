using SmartService.Channels.WeChat.Api;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Where a session stands at the platform.</summary>
public enum KfSessionState
{
    /// <summary>New, nobody has treated it. The API may send, which makes it <see cref="Assistant"/>.</summary>
    Untreated = 0,

    /// <summary>With the AI assistant: us. The API may send.</summary>
    Assistant = 1,

    /// <summary>Waiting in the pool for a servicer.</summary>
    Pool = 2,

    /// <summary>With a servicer in the WeCom client, who alone may send.</summary>
    Servicer = 3,

    /// <summary>Ended; the customer's next message makes it <see cref="Untreated"/>.</summary>
    Ended = 4,
}

/// <summary>State of a session, and the servicer who has it.</summary>
public sealed record KfSession(KfSessionState State, string? Servicer);

/// <summary>Reads and moves sessions, for the hand-off into the WeCom client. Thread-safe.</summary>
public sealed class KfSessions(KfApi api)
{
    /// <summary>Reads the state.</summary>
    /// <exception cref="ChannelException">The platform refused or could not be reached.</exception>
    public async Task<KfSession> GetStateAsync(string account, string customer, CancellationToken cancellationToken)
    {
        var answer = await api.GetStateAsync(new StateRequest(account, customer), cancellationToken);
        return answer.Errcode == 0
            ? new KfSession((KfSessionState)answer.ServiceState, answer.ServicerUserid)
            : throw WeComErrors.ToException(answer);
    }

    /// <summary>Moves the session. Returns the code for one event reply, when the platform gives one.</summary>
    /// <param name="account">The kf account.</param>
    /// <param name="customer">The customer.</param>
    /// <param name="target">Where to.</param>
    /// <param name="servicer">Who takes it; needed for <see cref="KfSessionState.Servicer"/> only.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChannelException">Not allowed in this state (95016), nobody receiving (95019), or unreachable.</exception>
    public async Task<string?> TransferAsync(string account, string customer, KfSessionState target, string? servicer, CancellationToken cancellationToken)
    {
        if (target == KfSessionState.Servicer && string.IsNullOrEmpty(servicer))
        {
            throw new ArgumentException("A session can only be given to a named servicer.", nameof(servicer));
        }

        var answer = await api.TransferAsync(new TransferRequest(account, customer, (int)target, servicer), cancellationToken);
        return answer.Errcode == 0 ? answer.MsgCode : throw WeComErrors.ToException(answer);
    }

    /// <summary>Uses up an event's code: the welcome (20 s), the notice when a session changes hands or ends.</summary>
    /// <param name="code">From the event or from <see cref="TransferAsync"/>.</param>
    /// <param name="replyId">Idempotency key, as for ordinary replies.</param>
    /// <param name="part">A fitted text or menu.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<SendResult> SendEventReplyAsync(string code, string replyId, ReplyPart part, CancellationToken cancellationToken)
    {
        var content = KfContent.Of(part);
        if (content is not { Text: not null } and not { Msgmenu: not null })
        {
            return new SendResult(SendStatus.Refused, Error: "An event is answered with text or a menu only.");
        }

        try
        {
            var answer = await api.SendOnEventAsync(new EventSendRequest(code, replyId, content.Msgtype, content.Text, content.Msgmenu), cancellationToken);
            return KfResults.Of(answer, replyId);
        }
        catch (ChannelException failure)
        {
            return KfResults.Of(failure);
        }
    }
}
