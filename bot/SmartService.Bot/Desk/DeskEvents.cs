using Dapper;
using SmartService.Data;

namespace SmartService.Bot.Desk;

/// <summary>What people did on the desk. Stored by name.</summary>
public enum DeskEventKind
{
    Taken,
    TakenFromColleague,
    Replied,
    GaveBack,
    Transferred,
    MessageRepeated,
    MessageClosed,
    ReplyRetried,
    ReplyDropped,
}

/// <summary>The audit trail, written in the transaction of the act itself.</summary>
internal static class DeskEvents
{
    public static Task RecordAsync(WriteScope scope, string conversationId, string agent, DeskEventKind kind, string? detail = null) =>
        scope.Connection.ExecuteAsync(
            "insert into desk_event (conversation_id, agent, kind, detail, at) values (@conversationId, @agent, @kind, @detail, @now)",
            new { conversationId, agent, kind = kind.ToString(), detail, now = scope.NowMs },
            scope.Transaction);
}
