using Dapper;
using SmartService.Bot.Turns;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Turns;

namespace SmartService.Bot;

/// <summary>A conversation's row, locked in a transaction while messages are added.</summary>
internal sealed class OpenConversation
{
    // Our clock and the platform's differ a little. A reply sent just before the customer's message may count against it.
    private const long ClockMarginMs = 2000;

    private bool _turnWaits;
    private bool _eventWaits;
    private bool _atOnce;
    private bool _customerWrote;

    public required string Id { get; init; }

    public ConversationOwner Owner { get; set; }

    public string? Agent { get; set; }

    public string? HandoffReason { get; set; }

    public long? HandedOffAt { get; set; }

    public long? DueAt { get; set; }

    public long? FirstWaitingAt { get; set; }

    public int Attempts { get; set; }

    public string? LeaseOwner { get; set; }

    public long? LeaseUntil { get; set; }

    public long Fence { get; set; }

    public long? DeliverAt { get; set; }

    public long? WindowFrom { get; set; }

    public int BudgetUsed { get; set; }

    public long? LastCustomerAt { get; set; }

    public long? LastAgentAt { get; set; }

    public int Unread { get; set; }

    public bool Changed { get; set; }

    /// <summary>Creates or locks the row. One upsert does both; a plain insert would lock new rows before old ones, out of order.</summary>
    public static Task<OpenConversation> LockAsync(WriteScope scope, InboundMessage message) =>
        scope.Connection.QuerySingleAsync<OpenConversation>(
            """
            insert into conversation (id, channel, account, customer, created_at) values (@ConversationId, @Channel, @Account, @Customer, @now)
            on conflict (id) do update set id = excluded.id
            returning id as Id, owner as Owner, agent as Agent, handoff_reason as HandoffReason, handed_off_at as HandedOffAt, due_at as DueAt,
              first_waiting_at as FirstWaitingAt, attempts as Attempts, lease_owner as LeaseOwner, lease_until as LeaseUntil, fence as Fence,
              deliver_at as DeliverAt, window_from as WindowFrom, budget_used as BudgetUsed, last_customer_at as LastCustomerAt,
              last_agent_at as LastAgentAt, unread as Unread
            """,
            new { message.ConversationId, message.Channel, message.Account, message.Customer, now = scope.NowMs },
            scope.Transaction);

    public void CustomerWrote(long sentAt)
    {
        _customerWrote = true;
        LastCustomerAt = Later(LastCustomerAt, sentAt);
        WindowFrom = Later(WindowFrom, sentAt);
    }

    public void AgentWrote(long sentAt) => LastAgentAt = Later(LastAgentAt, sentAt);

    public void TurnWaits(bool atOnce)
    {
        _turnWaits = true;
        _atOnce |= atOnce;
    }

    /// <summary>An event is handled at once, but it does not end the debounce of what the customer is writing.</summary>
    public void EventWaits() => _eventWaits = true;

    /// <summary>Takes a running turn away from its worker, whose result then counts for nothing, and plans it anew.</summary>
    public void PlanAgain(long now)
    {
        if (LeaseUntil > now)
        {
            Fence++;
            LeaseOwner = null;
            LeaseUntil = null;
            Attempts = 0;
            DueAt = now;
        }
    }

    public void GiveBackToBot()
    {
        Owner = ConversationOwner.Bot;
        Agent = null;
        HandoffReason = null;
        HandedOffAt = null;
    }

    public async Task SaveAsync(WriteScope scope, TurnOptions options)
    {
        var now = scope.NowMs;
        if (_turnWaits || _eventWaits)
        {
            var alone = FirstWaitingAt is null;
            FirstWaitingAt ??= now;
            DueAt = DueTime(now, alone, options);
            scope.Signal(StoreTopics.Turn);
        }

        if (_customerWrote)
        {
            await RefillAsync(scope);
            await WakeHeldAsync(scope);
        }

        await scope.Connection.ExecuteAsync(
            """
            update conversation set owner = @owner, agent = @Agent, handoff_reason = @HandoffReason, handed_off_at = @HandedOffAt, due_at = @DueAt,
              first_waiting_at = @FirstWaitingAt, attempts = @Attempts, lease_owner = @LeaseOwner, lease_until = @LeaseUntil, fence = @Fence,
              deliver_at = @DeliverAt, window_from = @WindowFrom, budget_used = @BudgetUsed, last_customer_at = @LastCustomerAt,
              last_agent_at = @LastAgentAt, last_activity_at = @now, unread = @Unread
            where id = @Id
            """,
            new
            {
                owner = Owner.ToString(), Agent, HandoffReason, HandedOffAt, DueAt, FirstWaitingAt, Attempts, LeaseOwner, LeaseUntil, Fence,
                DeliverAt, WindowFrom, BudgetUsed, LastCustomerAt, LastAgentAt, now, Unread, Id,
            },
            scope.Transaction);
        scope.Signal(StoreTopics.Conversation, Id);
    }

    /// <summary>Sends again what was held back: the platform accepts it now, or says why not.</summary>
    public async Task WakeHeldAsync(WriteScope scope)
    {
        var woken = await scope.Connection.ExecuteAsync(
            "update reply set state = 'Planned', next_at = @now where conversation_id = @Id and state = 'Held'",
            new { Id, now = scope.NowMs },
            scope.Transaction);
        if (woken > 0)
        {
            DeliverAt = scope.NowMs;
            scope.Signal(StoreTopics.Deliver);
        }
    }

    private static long Later(long? known, long other) => known > other ? known.Value : other;

    private long DueTime(long now, bool alone, TurnOptions options)
    {
        var leased = LeaseUntil > now;
        if (Attempts > 0 && !leased && DueAt is { } retryAt)
        {
            // A failed turn waits for its next attempt; more messages must not shorten the pause.
            return retryAt;
        }

        if (!_turnWaits)
        {
            return alone ? now : DueAt ?? now;
        }

        return _atOnce ? now : Math.Min(now + options.Debounce.Ms, FirstWaitingAt!.Value + options.DebounceCap.Ms);
    }

    /// <summary>
    /// Counts the replies that the platform may already count against the new message. What was sent before an earlier pull began is
    /// not among them: that pull would have brought the message.
    /// </summary>
    private async Task RefillAsync(WriteScope scope) =>
        BudgetUsed = await scope.Connection.ExecuteScalarAsync<int>(
            """
            select count(*) from reply where conversation_id = @Id and sent_at >= @since
              and sent_at > coalesce((select a.drained_at from account a join conversation c on c.channel = a.channel and c.account = a.account where c.id = @Id), 0)
            """,
            new { Id, since = WindowFrom - ClockMarginMs },
            scope.Transaction);
}
