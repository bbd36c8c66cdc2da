using Dapper;
using SmartService.Data;

namespace SmartService.Bot.Delivery;

/// <summary>What a person may do about a reply that did not go out, for the desk.</summary>
public sealed class StoredReplies(IDatabase database)
{
    /// <summary>The error of parts that were not sent because an earlier part of the same reply failed.</summary>
    public const string FollowsFailure = "An earlier part of this reply was not sent.";

    /// <summary>
    /// Sends a failed, unknown or held reply again, with the parts of the same reply that failed only because of it. False when
    /// there is nothing to repeat.
    /// </summary>
    public Task<bool> RetryReplyAsync(long replySeq, CancellationToken cancellationToken = default) =>
        database.WriteAsync(async scope => await RetryReplyAsync(scope, database.Dialect, replySeq) is not null, cancellationToken);

    /// <summary>Gives up on a reply that is not sent yet; the ones after it may go. False when it is on its way or settled.</summary>
    public Task<bool> DropReplyAsync(long replySeq, CancellationToken cancellationToken = default) =>
        database.WriteAsync(async scope => await DropReplyAsync(scope, database.Dialect, replySeq) is not null, cancellationToken);

    /// <summary>The same as part of a transaction. Returns the conversation, or null when there is nothing to repeat.</summary>
    internal static Task<string?> RetryReplyAsync(WriteScope scope, Dialect dialect, long replySeq) =>
        ChangeAsync(
            scope,
            dialect,
            replySeq,
            async reply =>
            {
                if (reply.State is not ("Failed" or "Unknown" or "Held"))
                {
                    return false;
                }

                // Under an id that the platform has accepted, a repeat would count as sent and never arrive.
                var id = reply.State == "Unknown" || reply.PlatformId is not null
                    ? ReplyOutbox.IdOf(reply.ConversationId, $"again-{replySeq}-{scope.NowMs}", 0)
                    : reply.Id;
                await scope.Connection.ExecuteAsync(
                    "update reply set id = @id, state = 'Planned', attempts = 0, next_at = @now, error = null, platform_id = null where seq = @replySeq",
                    new { id, replySeq, now = scope.NowMs },
                    scope.Transaction);
                await scope.Connection.ExecuteAsync(
                    """
                    update reply set state = 'Planned', attempts = 0, next_at = @now, error = null
                    where conversation_id = @ConversationId and seq > @replySeq and author = @Author and created_at = @CreatedAt
                      and state = 'Failed' and error = @FollowsFailure
                    """,
                    new { reply.ConversationId, replySeq, reply.Author, reply.CreatedAt, FollowsFailure, now = scope.NowMs },
                    scope.Transaction);
                return true;
            });

    /// <summary>The same as part of a transaction. Returns the conversation, or null when it is on its way or settled.</summary>
    internal static Task<string?> DropReplyAsync(WriteScope scope, Dialect dialect, long replySeq) =>
        ChangeAsync(
            scope,
            dialect,
            replySeq,
            async _ => await scope.Connection.ExecuteAsync(
                "update reply set state = 'Dropped', next_at = null where seq = @replySeq and state in ('Planned', 'Held', 'Failed', 'Unknown')",
                new { replySeq },
                scope.Transaction) == 1);

    private static async Task<string?> ChangeAsync(WriteScope scope, Dialect dialect, long replySeq, Func<ReplyRow, Task<bool>> change)
    {
        // The conversation is locked before its replies, as everywhere.
        var conversationId = await scope.Connection.QuerySingleOrDefaultAsync<string>(
            $"select id from conversation where id = (select conversation_id from reply where seq = @replySeq){dialect.ForUpdate}",
            new { replySeq },
            scope.Transaction);
        if (conversationId is null)
        {
            return null;
        }

        var reply = await scope.Connection.QuerySingleAsync<ReplyRow>(
            """
            select id as Id, conversation_id as ConversationId, state as State, author as Author, created_at as CreatedAt, platform_id as PlatformId
            from reply where seq = @replySeq
            """,
            new { replySeq },
            scope.Transaction);
        if (!await change(reply))
        {
            return null;
        }

        await scope.Connection.ExecuteAsync(
            "update conversation set deliver_at = @now where id = @conversationId",
            new { conversationId, now = scope.NowMs },
            scope.Transaction);
        scope.Signal(StoreTopics.Deliver);
        scope.Signal(StoreTopics.Conversation, conversationId);
        return conversationId;
    }

    private sealed class ReplyRow
    {
        public string Id { get; init; } = "";

        public string ConversationId { get; init; } = "";

        public string State { get; init; } = "";

        public string Author { get; init; } = "";

        public long CreatedAt { get; init; }

        public string? PlatformId { get; init; }
    }
}
