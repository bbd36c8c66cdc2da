using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Data;

namespace SmartService.Bot;

/// <summary>One puller per account across all servers: takes, finishes and puts off the pulling of accounts.</summary>
internal sealed class AccountLeases(IDatabase database, IOptions<TurnOptions> options)
{
    // The platform accepts a token for ten minutes; an old one is refused with 95007.
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(9.5);

    /// <summary>At the start of an embedded store nobody else can be pulling: leases of a killed process need not run out.</summary>
    public Task ForgetAsync(IReadOnlyCollection<string> channels, CancellationToken cancellationToken) =>
        database.WriteAsync(
            scope => scope.Connection.ExecuteAsync(
                database.Dialect.IsPostgres
                    ? "update account set bell_at = coalesce(bell_at, @now) where channel = @channel"
                    : "update account set bell_at = coalesce(bell_at, @now), lease_owner = null, lease_until = null, fence = fence + 1 where channel = @channel",
                channels.Select(channel => new { channel, now = scope.NowMs }),
                scope.Transaction),
            cancellationToken);

    public Task<Taken<AccountLease>> TakeAsync(IReadOnlyCollection<string> channels, int count, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var quietSince = scope.NowMs - options.Value.PullInterval.Ms;
                var leases = new List<AccountLease>();
                foreach (var channel in channels)
                {
                    var due = await scope.Connection.QueryAsync<AccountKey>(
                        $"""
                        select channel as Channel, account as Account from account
                        where channel = @channel and (bell_at is not null or pulled_at is null or pulled_at <= @quietSince)
                          and (next_at is null or next_at <= @now) and (lease_until is null or lease_until <= @now)
                        order by coalesce(bell_at, @now), account limit @count{database.Dialect.SkipLocked}
                        """,
                        new { channel, count = count - leases.Count, now = scope.NowMs, quietSince },
                        scope.Transaction);
                    foreach (var key in due.AsList())
                    {
                        leases.Add(await LeaseAsync(scope, key));
                    }
                }

                return new Taken<AccountLease>(leases, UntilNext: null);
            },
            cancellationToken);

    /// <summary>Everything was pulled. A bell that rang meanwhile stays.</summary>
    public Task<bool> FinishAsync(AccountLease lease, CancellationToken cancellationToken) =>
        WriteAsync(
            lease,
            """
            bell_at = case when bell_at > @BellAt then bell_at end, pulled_at = @now, drained_at = @TakenAt, next_at = null, error = null, attempts = 0
            """,
            delayMs: 0,
            error: null,
            cancellationToken);

    /// <summary>The pull failed; the next one waits.</summary>
    public Task<bool> PutOffAsync(AccountLease lease, TimeSpan delay, string error, CancellationToken cancellationToken) =>
        WriteAsync(lease, "next_at = @now + @delayMs, error = @error, attempts = attempts + 1", delay.Ms, error, cancellationToken);

    /// <summary>The server stops; another may go on at once.</summary>
    public Task<bool> ReleaseAsync(AccountLease lease, CancellationToken cancellationToken) =>
        WriteAsync(lease, "attempts = attempts", delayMs: 0, error: null, cancellationToken);

    private async Task<AccountLease> LeaseAsync(WriteScope scope, AccountKey key)
    {
        var row = await scope.Connection.QuerySingleAsync<AccountRow>(
            """
            update account set lease_owner = @owner, lease_until = @until, fence = fence + 1 where channel = @Channel and account = @Account
            returning cursor as Cursor, bell_at as BellAt, bell_token as BellToken, token_at as TokenAt, pulled_at as PulledAt, attempts as Attempts, fence as Fence
            """,
            new { key.Channel, key.Account, owner = ThisServer.Name, until = scope.NowMs + options.Value.Lease.Ms },
            scope.Transaction);
        return new AccountLease(
            key.Channel,
            key.Account,
            row.Cursor,
            row.TokenAt > scope.NowMs - TokenLife.Ms ? row.BellToken : null,
            row.BellAt ?? 0,
            row.PulledAt is null,
            row.Attempts,
            row.Fence,
            scope.NowMs);
    }

    private Task<bool> WriteAsync(AccountLease lease, string set, long delayMs, string? error, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var rows = await scope.Connection.ExecuteAsync(
                    $"update account set {set}, lease_owner = null, lease_until = null where channel = @Channel and account = @Account and fence = @Fence",
                    new { lease.Channel, lease.Account, lease.Fence, lease.BellAt, lease.TakenAt, now = scope.NowMs, delayMs, error },
                    scope.Transaction);
                scope.Signal(StoreTopics.Bell);
                return rows == 1;
            },
            cancellationToken);

    private sealed class AccountKey
    {
        public string Channel { get; init; } = "";

        public string Account { get; init; } = "";
    }

    private sealed class AccountRow
    {
        public string Cursor { get; init; } = "";

        public long? BellAt { get; init; }

        public string? BellToken { get; init; }

        public long? TokenAt { get; init; }

        public long? PulledAt { get; init; }

        public int Attempts { get; init; }

        public long Fence { get; init; }
    }
}

/// <summary>The right to pull one account for a while.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Account">The account.</param>
/// <param name="Cursor">Where the first page starts.</param>
/// <param name="BellToken">Of the newest bell, if the platform still accepts it.</param>
/// <param name="BellAt">The bell that this pull answers; 0 for a look without a bell.</param>
/// <param name="FirstPull">No pull of this account has come to its end yet: what is old is history, not work.</param>
/// <param name="Attempts">Refusals in a row before this.</param>
/// <param name="Fence">Later holders have a greater one.</param>
/// <param name="TakenAt">When this pull began.</param>
internal sealed record AccountLease(string Channel, string Account, string Cursor, string? BellToken, long BellAt, bool FirstPull, int Attempts, long Fence, long TakenAt);
