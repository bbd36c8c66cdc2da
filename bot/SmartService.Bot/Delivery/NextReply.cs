using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Delivery;

/// <summary>
/// Chooses the next part of a conversation to send, and refuses what the platform would refuse: over the allowance, after the
/// window, or while a human speaks. What is chosen is marked as being sent before the call, so a crash repeats it with the same id.
/// </summary>
internal sealed class NextReply(IDatabase database, IOptions<TurnOptions> options)
{
    public Task<OutgoingReply?> TakeAsync(DeliveryLease lease, SendBudget budget, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var conversation = await LockAsync(scope, database.Dialect, lease);
                while (conversation is not null)
                {
                    var reply = await FirstOpenAsync(scope, lease);
                    switch (Verdict(scope, conversation, reply, budget))
                    {
                        case Next.Drop:
                            await DropAsync(scope, reply!);
                            scope.Signal(StoreTopics.Conversation, lease.ConversationId);
                            continue;
                        case Next.Hold(var reason):
                            await HoldAsync(scope, lease, reply!, reason);
                            await CloseAsync(scope, lease, deliverAt: null);
                            return null;
                        case Next.Wait(var until):
                            await CloseAsync(scope, lease, until);
                            return null;
                        default:
                            return await StartAsync(scope, lease, conversation, reply!);
                    }
                }

                return null;
            },
            cancellationToken);

    /// <summary>Locks the conversation; null when the lease was lost.</summary>
    public static async Task<DeliveryState?> LockAsync(WriteScope scope, Dialect dialect, DeliveryLease lease)
    {
        var row = await scope.Connection.QuerySingleOrDefaultAsync<DeliveryState>(
            $"""
            select owner as Owner, delivery_fence as Fence, window_from as WindowFrom, budget_used as BudgetUsed, last_agent_at as LastAgentAt
            from conversation where id = @ConversationId{dialect.ForUpdate}
            """,
            new { lease.ConversationId },
            scope.Transaction);
        return row?.Fence == lease.Fence ? row : null;
    }

    /// <summary>Ends the lease; sending goes on at <paramref name="deliverAt"/>, or when something new is planned or the customer writes.</summary>
    public static Task CloseAsync(WriteScope scope, DeliveryLease lease, long? deliverAt) =>
        scope.Connection.ExecuteAsync(
            "update conversation set deliver_at = @deliverAt, delivery_owner = null, delivery_until = null where id = @ConversationId",
            new { lease.ConversationId, deliverAt },
            scope.Transaction);

    private static Next Verdict(WriteScope scope, DeliveryState conversation, OpenReply? reply, SendBudget budget)
    {
        if (reply is null)
        {
            return new Next.Wait(Until: null);
        }

        if (reply.Author == ReplyOutbox.BotAuthor && conversation.Owner is ConversationOwner.Agent or ConversationOwner.Native)
        {
            return new Next.Drop();
        }

        if (reply.Author == ReplyOutbox.SystemAuthor && conversation.Owner == ConversationOwner.Native)
        {
            return new Next.Hold("A human has the conversation in the platform's own client.");
        }

        if (reply.NextAt > scope.NowMs)
        {
            return new Next.Wait(reply.NextAt);
        }

        // Sent before the crash or not: a repeat with the same id costs no further message.
        var mayHaveBeenSent = reply.State == "Sending";
        if (conversation.BudgetUsed >= budget.MessagesPerCustomerMessage && !mayHaveBeenSent)
        {
            return new Next.Hold("The platform's allowance after one customer message is used up.");
        }

        return conversation.WindowFrom is { } from && from + budget.Window.Ms > scope.NowMs
            ? new Next.Send()
            : new Next.Hold("The platform's time window after the customer's last message is over.");
    }

    private static Task<OpenReply?> FirstOpenAsync(WriteScope scope, DeliveryLease lease) =>
        scope.Connection.QuerySingleOrDefaultAsync<OpenReply>(
            """
            select r.seq as Seq, r.id as Id, r.author as Author, r.state as State, r.payload as Payload, r.attempts as Attempts, r.next_at as NextAt, r.created_at as CreatedAt
            from reply r where r.conversation_id = @ConversationId and r.state in ('Planned', 'Sending', 'Held') order by r.seq limit 1
            """,
            new { lease.ConversationId },
            scope.Transaction);

    private async Task<OutgoingReply> StartAsync(WriteScope scope, DeliveryLease lease, DeliveryState conversation, OpenReply reply)
    {
        await scope.Connection.ExecuteAsync(
            "update reply set state = 'Sending', attempts = attempts + 1, next_at = null where seq = @Seq",
            new { reply.Seq },
            scope.Transaction);
        await scope.Connection.ExecuteAsync(
            "update conversation set delivery_until = @until where id = @ConversationId",
            new { lease.ConversationId, until = scope.NowMs + options.Value.Lease.Ms },
            scope.Transaction);
        return new OutgoingReply(reply.Seq, reply.Id, reply.Author, reply.Payload, reply.Attempts + 1, reply.CreatedAt, conversation);
    }

    private static async Task HoldAsync(WriteScope scope, DeliveryLease lease, OpenReply reply, string reason)
    {
        if (reply.State != "Held")
        {
            await SetAsync(scope, reply, "Held", reason);
            scope.Signal(StoreTopics.Conversation, lease.ConversationId);
        }
    }

    // One that was tried may be out already; that must not look as if the customer never saw it.
    private static Task<int> DropAsync(WriteScope scope, OpenReply reply) =>
        reply.State == "Sending"
            ? SetAsync(scope, reply, "Unknown", "A human took over while this was being sent.")
            : SetAsync(scope, reply, "Dropped", error: null);

    private static Task<int> SetAsync(WriteScope scope, OpenReply reply, string state, string? error) =>
        scope.Connection.ExecuteAsync(
            "update reply set state = @state, next_at = null, error = @error where seq = @Seq",
            new { reply.Seq, state, error },
            scope.Transaction);

    private abstract record Next
    {
        public sealed record Send : Next;

        public sealed record Drop : Next;

        public sealed record Hold(string Reason) : Next;

        public sealed record Wait(long? Until) : Next;
    }

    private sealed class OpenReply
    {
        public long Seq { get; init; }

        public string Id { get; init; } = "";

        public string Author { get; init; } = "";

        public string State { get; init; } = "";

        public string Payload { get; init; } = "";

        public int Attempts { get; init; }

        public long? NextAt { get; init; }

        public long CreatedAt { get; init; }
    }
}

/// <summary>A locked conversation as far as sending goes.</summary>
internal sealed class DeliveryState
{
    public ConversationOwner Owner { get; init; }

    public long Fence { get; init; }

    public long? WindowFrom { get; init; }

    public int BudgetUsed { get; init; }

    public long? LastAgentAt { get; init; }
}

/// <summary>A part that is marked as being sent, with the conversation as it was then.</summary>
internal sealed record OutgoingReply(long Seq, string Id, string Author, string Payload, int Attempts, long CreatedAt, DeliveryState Before);
