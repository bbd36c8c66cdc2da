using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;

namespace SmartService.Bot.Delivery;

/// <summary>Writes down what became of one part.</summary>
internal sealed class DeliveryRecords(IDatabase database, IOptions<TurnOptions> options)
{
    /// <summary>Records a result and says what the sender does next.</summary>
    public Task<Recorded> RecordAsync(DeliveryLease lease, OutgoingReply reply, SendResult result, SendBudget budget, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                if (await NextReply.LockAsync(scope, database.Dialect, lease) is not { } now)
                {
                    // Whoever holds the conversation now repeats the part under the same id and learns the truth.
                    return new Recorded(GoOn: false, State: "Lost", scope.NowMs);
                }

                scope.Signal(StoreTopics.Conversation, lease.ConversationId);
                return result.Status switch
                {
                    SendStatus.Sent => await SentAsync(scope, lease, reply, "Sent", result),
                    SendStatus.Unknown => await SentAsync(scope, lease, reply, "Unknown", result),
                    SendStatus.Retry when reply.Attempts < options.Value.SendAttempts => await RetryAsync(scope, lease, reply, result),
                    SendStatus.Held when now.WindowFrom != reply.Before.WindowFrom => await AgainAsync(scope, reply),
                    SendStatus.OwnedByHuman when (now.Owner, now.LastAgentAt) != (reply.Before.Owner, reply.Before.LastAgentAt) => await AgainAsync(scope, reply),
                    SendStatus.Held => await HeldAsync(scope, lease, reply, result, budget),
                    SendStatus.OwnedByHuman => await OwnedAsync(scope, lease, reply, result),
                    _ => await FailedAsync(scope, lease, reply, result),
                };
            },
            cancellationToken);

    /// <summary>The server stops; another may go on at once.</summary>
    public Task ReleaseAsync(DeliveryLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                "update conversation set delivery_owner = null, delivery_until = null where id = @ConversationId and delivery_fence = @Fence",
                new { lease.ConversationId, lease.Fence },
                scope.Transaction),
            cancellationToken);

    private static async Task<Recorded> SentAsync(WriteScope scope, DeliveryLease lease, OutgoingReply reply, string state, SendResult result)
    {
        if (await SetAsync(scope, reply, state, result, nextAt: null, sentAt: scope.NowMs) == 0)
        {
            // The platform's report that it did not arrive was faster than its answer. It used up the allowance all the same.
            await scope.Connection.ExecuteAsync("update reply set sent_at = @now where seq = @Seq", new { reply.Seq, now = scope.NowMs }, scope.Transaction);
        }

        await scope.Connection.ExecuteAsync(
            "update conversation set budget_used = budget_used + 1, last_activity_at = @now where id = @ConversationId",
            new { lease.ConversationId, now = scope.NowMs },
            scope.Transaction);
        return new Recorded(GoOn: true, state, scope.NowMs);
    }

    private async Task<Recorded> RetryAsync(WriteScope scope, DeliveryLease lease, OutgoingReply reply, SendResult result)
    {
        // Jitter, so that conversations which met the same rate limit do not come back together.
        var pause = (long)(Milliseconds.Backoff(options.Value.SendRetryDelay, reply.Attempts) * (1 + (Random.Shared.NextDouble() * 0.2)));
        var nextAt = scope.NowMs + Math.Max(pause, result.RetryAfter?.Ms ?? 0);

        // It stays "Sending": after a timeout it may be out already, so nothing may drop or hold it as if it were not.
        await SetAsync(scope, reply, "Sending", result, nextAt, sentAt: null);
        await NextReply.CloseAsync(scope, lease, nextAt);
        return new Recorded(GoOn: false, "Retry", scope.NowMs);
    }

    /// <summary>The refusal was about a state that is over: the customer has written or the session has changed while the call was under way.</summary>
    private static async Task<Recorded> AgainAsync(WriteScope scope, OutgoingReply reply)
    {
        await scope.Connection.ExecuteAsync(
            "update reply set state = 'Planned', next_at = @now, error = null where seq = @Seq and state = 'Sending'",
            new { reply.Seq, now = scope.NowMs },
            scope.Transaction);
        return new Recorded(GoOn: true, "Again", scope.NowMs);
    }

    private static async Task<Recorded> HeldAsync(WriteScope scope, DeliveryLease lease, OutgoingReply reply, SendResult result, SendBudget budget)
    {
        await SetAsync(scope, reply, "Held", result, nextAt: null, sentAt: null);

        // The platform knows better than our count: nothing more until the customer writes.
        await scope.Connection.ExecuteAsync(
            "update conversation set budget_used = @limit where id = @ConversationId and budget_used < @limit",
            new { lease.ConversationId, limit = budget.MessagesPerCustomerMessage },
            scope.Transaction);
        await NextReply.CloseAsync(scope, lease, deliverAt: null);
        return new Recorded(GoOn: false, "Held", scope.NowMs);
    }

    private static async Task<Recorded> OwnedAsync(WriteScope scope, DeliveryLease lease, OutgoingReply reply, SendResult result)
    {
        var state = reply.Author == ReplyOutbox.BotAuthor ? "Dropped" : "Held";
        await SetAsync(scope, reply, state, result, nextAt: null, sentAt: null);
        await ReplyOutbox.DropUnsentAsync(scope, lease.ConversationId);
        await scope.Connection.ExecuteAsync(
            "update conversation set owner = 'Native', agent = null, last_agent_at = @now where id = @ConversationId",
            new { lease.ConversationId, now = scope.NowMs },
            scope.Transaction);
        await NextReply.CloseAsync(scope, lease, deliverAt: null);
        return new Recorded(GoOn: false, state, scope.NowMs);
    }

    private static async Task<Recorded> FailedAsync(WriteScope scope, DeliveryLease lease, OutgoingReply reply, SendResult result)
    {
        await SetAsync(scope, reply, "Failed", result, nextAt: null, sentAt: null);

        // The other half of an answer makes no sense alone; later answers do.
        await scope.Connection.ExecuteAsync(
            """
            update reply set state = 'Failed', next_at = null, error = @error
            where conversation_id = @ConversationId and seq > @Seq and author = @Author and created_at = @CreatedAt and state in ('Planned', 'Held')
            """,
            new { lease.ConversationId, reply.Seq, reply.Author, reply.CreatedAt, error = StoredReplies.FollowsFailure },
            scope.Transaction);
        return new Recorded(GoOn: true, "Failed", scope.NowMs);
    }

    private static Task<int> SetAsync(WriteScope scope, OutgoingReply reply, string state, SendResult result, long? nextAt, long? sentAt) =>
        scope.Connection.ExecuteAsync(
            "update reply set state = @state, next_at = @nextAt, sent_at = @sentAt, platform_id = coalesce(@PlatformMessageId, platform_id), error = @error where seq = @Seq and state = 'Sending'",
            new { reply.Seq, state, nextAt, sentAt, result.PlatformMessageId, error = state == "Sent" ? null : result.Error ?? $"Platform code {result.Code}." },
            scope.Transaction);
}

/// <summary>What was recorded.</summary>
/// <param name="GoOn">Whether the lease goes on with the next part.</param>
/// <param name="State">For the log.</param>
/// <param name="NowMs">The store's clock.</param>
internal sealed record Recorded(bool GoOn, string State, long NowMs);
