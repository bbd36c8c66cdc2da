namespace SmartService.Bot.Desk;

/// <summary>Where a reply stands, as stored in <c>reply.state</c>.</summary>
public enum ReplyState
{
    Planned,
    Sending,
    Sent,
    Held,
    Unknown,
    Failed,
    Dropped,
}
