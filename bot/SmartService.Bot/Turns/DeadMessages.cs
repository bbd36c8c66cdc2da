using Dapper;
using SmartService.Data;

namespace SmartService.Bot.Turns;

/// <summary>Messages that were set aside, for the desk.</summary>
public sealed class DeadMessages(IDatabase database)
{
    /// <summary>Lets the bot try a message again. False when it is not set aside.</summary>
    public Task<bool> RepeatDeadAsync(long messageSeq, CancellationToken cancellationToken = default) =>
        database.WriteAsync(
            async scope =>
            {
                // The conversation is locked before its messages, as everywhere.
                var conversationId = await scope.Connection.QuerySingleOrDefaultAsync<string>(
                    $"select id from conversation where id = (select conversation_id from message where seq = @messageSeq){database.Dialect.ForUpdate}",
                    new { messageSeq },
                    scope.Transaction);
                var repeated = await scope.Connection.ExecuteAsync(
                    "update message set state = 'Waiting', error = null where seq = @messageSeq and state = 'Dead'",
                    new { messageSeq },
                    scope.Transaction);
                if (conversationId is null || repeated == 0)
                {
                    return false;
                }

                await scope.Connection.ExecuteAsync(
                    "update conversation set due_at = @now where id = @conversationId",
                    new { conversationId, now = scope.NowMs },
                    scope.Transaction);
                scope.Signal(StoreTopics.Turn);
                scope.Signal(StoreTopics.Conversation, conversationId);
                return true;
            },
            cancellationToken);
}
