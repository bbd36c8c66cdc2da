using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Delivery;
using SmartService.Data;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>
/// Writes down how a turn ended, in one transaction that counts only while the lease is held. The conversation's row is
/// locked first and newer messages are looked for in a statement of its own: under READ COMMITTED a combined statement would
/// look with the snapshot from before it waited for the lock, and a message that came meanwhile would never be answered.
/// </summary>
internal sealed class TurnRecords(IDatabase database, IOptions<TurnOptions> options)
{
    /// <summary>Records a decided turn. Says how it really ended: silently when a human has taken over meanwhile; null when the lease was lost.</summary>
    public Task<TurnOutcome?> FinishAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, TurnResult result, CancellationToken cancellationToken) =>
        database.WriteAsync<TurnOutcome?>(
            async scope =>
            {
                if (await LockAsync(scope, lease) is not { } row)
                {
                    return null;
                }

                var seq = waiting[^1].Seq;
                await SettleAsync(scope, waiting, MessageState.Done, error: null);
                if (row.Owner is ConversationOwner.Agent or ConversationOwner.Native)
                {
                    var silent = new TurnResult { Outcome = TurnOutcome.Silent, State = result.State, Intent = result.Intent, Timings = result.Timings };
                    await AddTurnAsync(scope, lease, seq, silent);
                    await CloseAsync(scope, lease, row);
                    return TurnOutcome.Silent;
                }

                await AddTurnAsync(scope, lease, seq, result);

                // A hand-off's words must still go out when a human takes the conversation a second later.
                var author = result.Handoff is null ? ReplyOutbox.BotAuthor : ReplyOutbox.SystemAuthor;
                await ReplyOutbox.PlanAsync(scope, lease.ConversationId, seq, author, $"turn-{seq}", result.Reply);
                await RememberAsync(scope, lease, result.State);
                await HandOverAsync(scope, lease, row, result.Handoff, result.BackToBot);
                await CloseAsync(scope, lease, row);
                return result.Outcome;
            },
            cancellationToken);

    /// <summary>
    /// Records that the bot left the word to a human. Null when the lease was lost, and when the human has given the conversation
    /// back meanwhile: then the bot has to answer after all, and the turn is due again.
    /// </summary>
    public Task<TurnOutcome?> StaySilentAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, CancellationToken cancellationToken) =>
        database.WriteAsync<TurnOutcome?>(
            async scope =>
            {
                if (await LockAsync(scope, lease) is not { } row)
                {
                    return null;
                }

                if (row.Owner is ConversationOwner.Agent or ConversationOwner.Native)
                {
                    await SettleAsync(scope, waiting, MessageState.Done, error: null);
                    await AddTurnAsync(scope, lease, waiting[^1].Seq, new TurnResult { Outcome = TurnOutcome.Silent, State = new DialogueState() });
                    await CloseAsync(scope, lease, row);
                    return TurnOutcome.Silent;
                }

                await CloseAsync(scope, lease, row);
                return null;
            },
            cancellationToken);

    /// <summary>Nothing waits any more, for example because it was recalled.</summary>
    public Task<bool> CloseAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                if (await LockAsync(scope, lease) is not { } row)
                {
                    return false;
                }

                await CloseAsync(scope, lease, row);
                return true;
            },
            cancellationToken);

    /// <summary>The turn failed and is tried again after a pause. False when the lease was lost.</summary>
    public Task<bool> RetryAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope => await scope.Connection.ExecuteAsync(
                "update conversation set due_at = @due, lease_owner = null, lease_until = null where id = @ConversationId and fence = @Fence",
                new { lease.ConversationId, lease.Fence, due = scope.NowMs + Milliseconds.Backoff(options.Value.RetryDelay, lease.Attempts) },
                scope.Transaction) == 1,
            cancellationToken);

    /// <summary>Gives up on messages: they stay, visible and repeatable, a human is called, and the conversation goes on. False when the lease was lost.</summary>
    public Task<bool> SetAsideAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, string error, IReadOnlyList<ReplyPart> apology, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                if (await LockAsync(scope, lease) is not { } row)
                {
                    return false;
                }

                var seq = waiting[^1].Seq;
                await SettleAsync(scope, waiting, MessageState.Dead, error);
                await AddTurnAsync(scope, lease, seq, new TurnResult { Outcome = TurnOutcome.Failed, State = new DialogueState() });
                if (row.Owner is ConversationOwner.Bot or ConversationOwner.Queue)
                {
                    await ReplyOutbox.PlanAsync(scope, lease.ConversationId, seq, ReplyOutbox.SystemAuthor, $"turn-{seq}-failed", apology);
                    await HandOverAsync(scope, lease, row, HandoffReason.TurnFailed, backToBot: false);
                }

                await CloseAsync(scope, lease, row);
                return true;
            },
            cancellationToken);

    /// <summary>The bot speaks again after a human was quiet for long. False when the lease was lost or the human has just written.</summary>
    public Task<bool> ResumeAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                scope.Signal(StoreTopics.Conversation, lease.ConversationId);
                return await scope.Connection.ExecuteAsync(
                    """
                    update conversation set owner = 'Bot', agent = null, handoff_reason = null, handed_off_at = null
                    where id = @ConversationId and fence = @Fence and owner = @owner and coalesce(last_agent_at, 0) <= @LastHumanAt
                    """,
                    new { lease.ConversationId, lease.Fence, owner = lease.Owner.ToString(), lease.LastHumanAt },
                    scope.Transaction) == 1;
            },
            cancellationToken);

    private async Task<LockedRow?> LockAsync(WriteScope scope, TurnLease lease)
    {
        var row = await scope.Connection.QuerySingleOrDefaultAsync<LockedRow>(
            $"select owner as Owner, due_at as DueAt, fence as Fence, unread as Unread from conversation where id = @ConversationId{database.Dialect.ForUpdate}",
            new { lease.ConversationId },
            scope.Transaction);
        return row?.Fence == lease.Fence ? row : null;
    }

    /// <summary>Exactly what the turn has read: an older message may have been repeated meanwhile and waits for a turn of its own.</summary>
    private static Task<int> SettleAsync(WriteScope scope, IReadOnlyList<StoredMessage> read, MessageState state, string? error) =>
        scope.Connection.ExecuteAsync(
            "update message set state = @state, error = @error where seq = @Seq and state = 'Waiting'",
            read.Select(message => new { message.Seq, state = state.ToString(), error }),
            scope.Transaction);

    private static Task<int> AddTurnAsync(WriteScope scope, TurnLease lease, long seq, TurnResult result) =>
        scope.Connection.ExecuteAsync(
            """
            insert into turn (conversation_id, seq, outcome, intent, confidence, citations, timings, due_at, finished_at)
            values (@ConversationId, @seq, @outcome, @intent, @confidence, @citations, @timings, @DueAt, @now)
            on conflict (conversation_id, seq) do update set outcome = excluded.outcome, intent = excluded.intent, confidence = excluded.confidence,
              citations = excluded.citations, timings = excluded.timings, due_at = excluded.due_at, finished_at = excluded.finished_at
            """,
            new
            {
                lease.ConversationId,
                seq,
                outcome = result.Outcome.ToString(),
                intent = result.Intent.Name,
                confidence = result.Intent.Confidence,
                citations = JsonSerializer.Serialize(result.Citations, SmartServiceJson.Stored.IReadOnlyListCitation),
                timings = JsonSerializer.Serialize(result.Timings, SmartServiceJson.Stored.TurnTimings),
                lease.DueAt,
                now = scope.NowMs,
            },
            scope.Transaction);

    private static Task<int> RememberAsync(WriteScope scope, TurnLease lease, DialogueState state) =>
        scope.Connection.ExecuteAsync(
            "update conversation set dialogue = @dialogue where id = @ConversationId",
            new
            {
                lease.ConversationId,
                dialogue = JsonSerializer.Serialize(state with { UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(scope.NowMs) }, SmartServiceJson.Stored.DialogueState),
            },
            scope.Transaction);

    private static async Task HandOverAsync(WriteScope scope, TurnLease lease, LockedRow row, HandoffReason? handoff, bool backToBot)
    {
        if (handoff is { } reason && row.Owner == ConversationOwner.Bot)
        {
            row.Owner = ConversationOwner.Queue;
            await scope.Connection.ExecuteAsync(
                "update conversation set owner = 'Queue', agent = null, handoff_reason = @reason, handed_off_at = @now where id = @ConversationId",
                new { lease.ConversationId, reason = reason.ToString(), now = scope.NowMs },
                scope.Transaction);
        }
        else if (backToBot && row.Owner == ConversationOwner.Queue)
        {
            row.Owner = ConversationOwner.Bot;
            await scope.Connection.ExecuteAsync(
                "update conversation set owner = 'Bot', agent = null, handoff_reason = null, handed_off_at = null where id = @ConversationId",
                new { lease.ConversationId },
                scope.Transaction);
        }
    }

    /// <summary>Ends the lease. The next turn is due when a message waits that this one did not see.</summary>
    private static async Task CloseAsync(WriteScope scope, TurnLease lease, LockedRow row)
    {
        var waiting = await scope.Connection.ExecuteScalarAsync<int>(
            "select count(*) from message where conversation_id = @ConversationId and state = 'Waiting'",
            new { lease.ConversationId },
            scope.Transaction);

        // A message that came during the turn has set its own debounce; what was left over from a failed batch is due now.
        long? due = waiting == 0 ? null : Math.Max(row.DueAt ?? 0, scope.NowMs);
        await scope.Connection.ExecuteAsync(
            """
            update conversation set lease_owner = null, lease_until = null, attempts = 0, due_at = @due, last_activity_at = @now, unread = @unread,
              first_waiting_at = case when @waiting = 0 then null else first_waiting_at end
            where id = @ConversationId
            """,
            new { lease.ConversationId, due, waiting, now = scope.NowMs, unread = row.Owner == ConversationOwner.Bot ? Math.Min(waiting, row.Unread) : row.Unread },
            scope.Transaction);
        scope.Signal(StoreTopics.Conversation, lease.ConversationId);
        if (due is not null)
        {
            scope.Signal(StoreTopics.Turn);
        }
    }

    private sealed class LockedRow
    {
        public ConversationOwner Owner { get; set; }

        public long? DueAt { get; init; }

        public long Fence { get; init; }

        public int Unread { get; init; }
    }
}
