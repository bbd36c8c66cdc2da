using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;

namespace SmartService.Bot;

/// <summary>Pulls messages of accounts that rang, and of quiet ones from time to time. One pull per account across all servers.</summary>
internal sealed class AccountPuller(
    IDatabase database,
    AccountLeases leases,
    Inbox inbox,
    IEnumerable<IMessageSource> sources,
    IOptions<TurnOptions> options,
    TimeProvider clock,
    ILogger<AccountPuller> logger) : BackgroundService
{
    private static readonly TimeSpan PermanentDelay = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, IMessageSource> _sources = sources.ToDictionary(source => source.Channel, StringComparer.Ordinal);

    /// <summary>Pulls what rang or is due now; returns how many accounts.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var taken = await TakeAsync(options.Value.PullParallelism, cancellationToken);
        await Task.WhenAll(taken.Items.Select(lease => PullAsync(lease, cancellationToken)));
        return taken.Items.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_sources.Count == 0)
        {
            return;
        }

        using var loop = new WorkLoop<AccountLease>("Pulling", options.Value.PullParallelism, Shorter(options.Value.SafetyPoll, options.Value.PullInterval), TakeAsync, PullAsync, logger);
        using var bells = database.Signals.Subscribe(StoreTopics.Bell, _ => loop.Wake());
        await StartUp.TryAsync(token => leases.ForgetAsync(_sources.Keys, token), "Pulling", logger, stoppingToken);
        await loop.RunAsync(stoppingToken);
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private Task<Taken<AccountLease>> TakeAsync(int count, CancellationToken cancellationToken) =>
        leases.TakeAsync(_sources.Keys, count, cancellationToken);

    private Task PullAsync(AccountLease lease, CancellationToken cancellationToken) =>
        GiveBack.WhenAwayAsync("Pulling", () => TryAsync(lease, cancellationToken), token => leases.ReleaseAsync(lease, token), options.Value, clock, logger, cancellationToken);

    private async Task TryAsync(AccountLease lease, CancellationToken cancellationToken)
    {
        using var activity = TurnMetrics.Activities.StartActivity("pull");
        activity?.SetTag("channel", lease.Channel);
        try
        {
            await PullAllAsync(lease, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (ChannelException exception)
        {
            var delay = exception.RetryAfter ?? (exception.Permanent ? PermanentDelay : Backoff(lease));
            await PutOffAsync(lease, delay, exception.Message);
        }
        catch (Exception exception) when (exception is not StoreUnavailableException)
        {
            Log.Details(logger, exception);
            await PutOffAsync(lease, Backoff(lease), exception is OperationCanceledException ? "The platform did not answer in time." : $"{exception.GetType().Name} while pulling.");
        }
    }

    private async Task PullAllAsync(AccountLease lease, CancellationToken cancellationToken)
    {
        var source = _sources[lease.Channel];
        var cursor = lease.Cursor;
        MessagePage page;
        do
        {
            using var timeout = new CancellationTokenSource(options.Value.PullTimeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var request = new PullRequest(lease.Account, cursor, lease.BellToken);
            page = await Patience.RunAsync(token => source.PullAsync(request, token), clock, either.Token);
            if (await inbox.AcceptPageAsync(lease, page, cancellationToken) is null)
            {
                Log.PullLeaseLost(logger, lease.Channel, lease.Account);
                return;
            }

            cursor = page.NextCursor;
        }
        while (page.HasMore);

        await leases.FinishAsync(lease, cancellationToken);
    }

    private TimeSpan Backoff(AccountLease lease) => TimeSpan.FromMilliseconds(Milliseconds.Backoff(options.Value.RetryDelay, lease.Attempts + 1));

    private async Task PutOffAsync(AccountLease lease, TimeSpan delay, string reason)
    {
        Log.PullRefused(logger, lease.Channel, lease.Account, delay, reason);
        await leases.PutOffAsync(lease, delay, reason, CancellationToken.None);
    }
}
