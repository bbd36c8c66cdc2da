using Dapper;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;

namespace SmartService.Bot;

/// <summary>Writes down bells and messages. What it returned for is durable.</summary>
public sealed class Inbox(IDatabase database, IOptions<TurnOptions> options, TurnMetrics metrics, ILogger<Inbox> logger) : IInbox
{
    // Two bells in one millisecond must differ, or the pull between them would clear the second.
    private const string NewerBell = "case when account.bell_at >= @now then account.bell_at + 1 else @now end";

    /// <inheritdoc />
    public async Task RingAsync(string channel, string? account, string? bellToken, CancellationToken cancellationToken = default)
    {
        var rung = await database.WriteAsync(
            scope =>
            {
                scope.Signal(StoreTopics.Bell);
                var parameters = new { channel, account, bellToken, now = scope.NowMs, tokenAt = bellToken is null ? null : (long?)scope.NowMs };
                return scope.Connection.ExecuteAsync(
                    account is null
                        ? $"""
                          update account set bell_at = {NewerBell}, bell_token = coalesce(@bellToken, bell_token), token_at = coalesce(@tokenAt, token_at)
                          where channel = @channel
                          """
                        : $"""
                          insert into account (channel, account, bell_at, bell_token, token_at) values (@channel, @account, @now, @bellToken, @tokenAt)
                          on conflict (channel, account) do update set bell_at = {NewerBell},
                            bell_token = coalesce(@bellToken, account.bell_token), token_at = coalesce(@tokenAt, account.token_at)
                          """,
                    parameters,
                    scope.Transaction);
            },
            cancellationToken);
        if (rung == 0)
        {
            Log.BellWithoutAccount(logger, channel);
        }
    }

    /// <summary>Makes accounts known that have not rung yet, so that they are pulled and that a bell without an account reaches them.</summary>
    public Task AddAccountsAsync(string channel, IReadOnlyList<string> accounts, CancellationToken cancellationToken = default) =>
        database.WriteAsync(
            async scope =>
            {
                foreach (var account in accounts.Order(StringComparer.Ordinal))
                {
                    await scope.Connection.ExecuteAsync(
                        "insert into account (channel, account) values (@channel, @account) on conflict (channel, account) do nothing",
                        new { channel, account },
                        scope.Transaction);
                }

                scope.Signal(StoreTopics.Bell);
                return 0;
            },
            cancellationToken);

    /// <inheritdoc />
    public async Task<int> AcceptAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken = default)
    {
        if (messages.Count == 0)
        {
            return 0;
        }

        var accepted = await database.WriteAsync(
            scope => new Intake(scope, options.Value, firstPull: false).StoreAsync(messages), cancellationToken);
        metrics.Accepted(messages[0].Channel, accepted);
        return accepted;
    }

    /// <summary>
    /// Stores a pulled page and moves the cursor in one transaction. Returns how many messages were new, or null when the
    /// lease was lost; then nothing is stored.
    /// </summary>
    internal async Task<int?> AcceptPageAsync(AccountLease lease, MessagePage page, CancellationToken cancellationToken)
    {
        var accepted = 0;
        try
        {
            accepted = await database.WriteAsync(
                async scope =>
                {
                    // The account comes last: locked for the whole page it would hold up the bells, which must be quick.
                    var count = await new Intake(scope, options.Value, lease.FirstPull).StoreAsync(page.Messages);
                    var moved = await scope.Connection.ExecuteAsync(
                        "update account set cursor = @cursor, lease_until = @until where channel = @Channel and account = @Account and fence = @Fence",
                        new { cursor = page.NextCursor, until = scope.NowMs + options.Value.Lease.Ms, lease.Channel, lease.Account, lease.Fence },
                        scope.Transaction);

                    // An exception, because the transaction must roll back.
                    return moved == 1 ? count : throw new LeaseLostException();
                },
                cancellationToken);
        }
        catch (LeaseLostException)
        {
            return null;
        }

        metrics.Page(lease.Channel);
        metrics.Accepted(lease.Channel, accepted);
        return accepted;
    }
}
