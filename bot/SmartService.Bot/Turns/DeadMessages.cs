using Dapper;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Messages that were set aside, for the desk.</summary>
public sealed class DeadMessages(IDatabase database)
{
    /// <summary>Lets the bot try a message again. False when it is not set aside, or when a human has the conversation.</summary>
    public Task<bool> RepeatDeadAsync(long messageSeq, CancellationToken cancellationToken = default) =>
        database.WriteAsync(async scope => await RepeatDeadAsync(scope, database.Dialect, messageSeq) is not null, cancellationToken);

    /// <summary>The same as part of a transaction. Returns the conversation, or null when the message is not set aside.</summary>
    internal static async Task<string?> RepeatDeadAsync(WriteScope scope, Dialect dialect, long messageSeq)
    {
        // The conversation is locked before its messages, as everywhere.
        var conversationId = await scope.Connection.QuerySingleOrDefaultAsync<string>(
            $"select id from conversation where id = (select conversation_id from message where seq = @messageSeq) and owner in ('Bot', 'Queue'){dialect.ForUpdate}",
            new { messageSeq },
            scope.Transaction);
        if (conversationId is null)
        {
            return null;
        }

        var repeated = await scope.Connection.ExecuteAsync(
            "update message set state = 'Waiting', error = null where seq = @messageSeq and state = 'Dead'",
            new { messageSeq },
            scope.Transaction);
        if (repeated == 0)
        {
            return null;
        }

        await scope.Connection.ExecuteAsync(
            "update conversation set due_at = @now, first_waiting_at = @now, attempts = 0 where id = @conversationId",
            new { conversationId, now = scope.NowMs },
            scope.Transaction);

        // It waits for a human only because this message failed. Left there, the bot would not answer it.
        await scope.Connection.ExecuteAsync(
            """
            update conversation set owner = 'Bot', agent = null, handoff_reason = null, handed_off_at = null
            where id = @conversationId and owner = 'Queue' and handoff_reason = @failed
            """,
            new { conversationId, failed = nameof(HandoffReason.TurnFailed) },
            scope.Transaction);
        scope.Signal(StoreTopics.Turn);
        scope.Signal(StoreTopics.Conversation, conversationId);
        return conversationId;
    }
}
