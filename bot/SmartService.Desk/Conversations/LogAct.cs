namespace SmartService.Desk.Conversations;

public enum LogActKind
{
    RepeatMessage,
    CloseMessage,
    RetryReply,
    DropReply,
}

/// <summary>What an agent wants done about something that went wrong.</summary>
/// <param name="Kind">What.</param>
/// <param name="MessageSeq">The message, for the first two kinds.</param>
/// <param name="ReplyId">The reply, for the last two.</param>
/// <param name="MayRepeat">Sending again may reach the customer twice, so the agent is asked first.</param>
public sealed record LogAct(LogActKind Kind, long MessageSeq = 0, string ReplyId = "", bool MayRepeat = false);
