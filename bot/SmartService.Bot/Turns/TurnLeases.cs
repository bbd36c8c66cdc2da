using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Gives each conversation to one worker at a time, across all servers.</summary>
internal sealed class TurnLeases(IDatabase database, OwnChannels channels, IOptions<TurnOptions> options, TurnMetrics metrics)
{
    /// <summary>At the start of an embedded store nobody else can hold a turn: leases of a killed process need not run out.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect.IsPostgres)
        {
            return;
        }

        await database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                $"update conversation set lease_owner = null, lease_until = null, fence = fence + 1 where lease_until is not null and {channels.Condition}",
                channels.With(),
                scope.Transaction),
            cancellationToken);
    }

    /// <summary>Takes conversations whose turn is due. Taking counts as an attempt, so that a turn that kills the server is set aside in the end.</summary>
    public async Task<Taken<TurnLease>> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var (leases, now, next, oldest) = await database.WriteAsync(
            async scope =>
            {
                var ids = (await scope.Connection.QueryAsync<string>(
                    $"""
                    select id from conversation where due_at <= @now and (lease_until is null or lease_until <= @now) and {channels.Condition}
                    order by due_at limit @count{database.Dialect.SkipLocked}
                    """,
                    channels.With(new { count, now = scope.NowMs }),
                    scope.Transaction)).AsList();
                var taken = ids.Count == 0 ? [] : await LeaseAsync(scope, ids);
                var next = ids.Count == count ? null : await NextAsync(scope);
                var oldest = taken.Count == 0 ? (long?)null : taken.Min(lease => lease.DueAt);
                return (taken, scope.NowMs, next, oldest);
            },
            cancellationToken);
        metrics.OldestDue(now - (oldest ?? now));
        foreach (var lease in leases)
        {
            metrics.Waited(now - lease.DueAt);
        }

        return new Taken<TurnLease>(leases, next is null ? null : TimeSpan.FromMilliseconds(next.Value - now));
    }

    /// <summary>False when somebody else holds the conversation now.</summary>
    public Task<bool> RenewAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope => await scope.Connection.ExecuteAsync(
                "update conversation set lease_until = @until where id = @ConversationId and fence = @Fence",
                new { lease.ConversationId, lease.Fence, until = scope.NowMs + options.Value.Lease.Ms },
                scope.Transaction) == 1,
            cancellationToken);

    /// <summary>Gives the turn back untouched, because this server stops or the store was away. Does not count as an attempt.</summary>
    public Task ReleaseAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            scope =>
            {
                scope.Signal(StoreTopics.Turn);
                return scope.Connection.ExecuteAsync(
                    "update conversation set lease_owner = null, lease_until = null, attempts = attempts - 1 where id = @ConversationId and fence = @Fence and lease_until is not null",
                    new { lease.ConversationId, lease.Fence },
                    scope.Transaction);
            },
            cancellationToken);

    /// <summary>When more is due, by the index alone: this runs in the write transaction. What a dead server holds is found by the slow poll.</summary>
    private Task<long?> NextAsync(WriteScope scope) =>
        scope.Connection.ExecuteScalarAsync<long?>(
            $"select due_at from conversation where due_at > @now and {channels.Condition} order by due_at limit 1",
            channels.With(new { now = scope.NowMs }),
            scope.Transaction);

    private async Task<List<TurnLease>> LeaseAsync(WriteScope scope, List<string> ids)
    {
        // What comes during the turn starts a new debounce window, hence first_waiting_at.
        var leases = new List<TurnLease>(ids.Count);
        foreach (var id in ids)
        {
            var row = await scope.Connection.QuerySingleAsync<TurnRow>(
                """
                update conversation set lease_owner = @owner, lease_until = @until, fence = fence + 1, attempts = attempts + 1, first_waiting_at = null
                where id = @id
                returning id as Id, channel as Channel, account as Account, customer as Customer, owner as Owner, dialogue as Dialogue, due_at as DueAt,
                  attempts as Attempts, fence as Fence, last_agent_at as LastAgentAt, handed_off_at as HandedOffAt
                """,
                new { id, owner = ThisServer.Name, until = scope.NowMs + options.Value.Lease.Ms },
                scope.Transaction);
            leases.Add(row.ToLease(scope.NowMs));
        }

        return leases;
    }

    private sealed class TurnRow
    {
        public string Id { get; init; } = "";

        public string Channel { get; init; } = "";

        public string Account { get; init; } = "";

        public string Customer { get; init; } = "";

        public ConversationOwner Owner { get; init; }

        public string Dialogue { get; init; } = "";

        public long DueAt { get; init; }

        public int Attempts { get; init; }

        public long Fence { get; init; }

        public long? LastAgentAt { get; init; }

        public long? HandedOffAt { get; init; }

        public TurnLease ToLease(long now) =>
            new(Id, Channel, Account, Customer, Owner, Dialogue, DueAt, Attempts, Fence, Math.Max(LastAgentAt ?? 0, HandedOffAt ?? 0), now);
    }
}

/// <summary>The right to decide the next turn of one conversation for a while.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Channel">Its channel.</param>
/// <param name="Account">Its account.</param>
/// <param name="Customer">Its customer.</param>
/// <param name="Owner">Who spoke to the customer when the turn was taken.</param>
/// <param name="Dialogue">What the conversation remembers, as stored.</param>
/// <param name="DueAt">When the turn became due.</param>
/// <param name="Attempts">This try included.</param>
/// <param name="Fence">Later holders have a greater one.</param>
/// <param name="LastHumanAt">When a human last wrote or was called; 0 for never.</param>
/// <param name="TakenAt">The store's clock.</param>
internal sealed record TurnLease(
    string ConversationId,
    string Channel,
    string Account,
    string Customer,
    ConversationOwner Owner,
    string Dialogue,
    long DueAt,
    int Attempts,
    long Fence,
    long LastHumanAt,
    long TakenAt);
