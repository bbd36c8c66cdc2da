using SmartService.Bot;
using SmartService.Channels.WeChat.Kf;

namespace SmartService.Server.Hosting;

/// <summary>
/// Asks WeCom which kf accounts this app serves. Bells of old tenants do not name their account, and an account whose bell was
/// lost must be pulled all the same. What the console still lacks is logged as a warning in words.
/// </summary>
public sealed partial class KfAccountDiscovery(
    KfProbe probe, Inbox inbox, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<KfAccountDiscovery> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // In the demo the platform is this very process, and answers only once it listens.
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(await DiscoverAsync(stoppingToken) ? Interval : RetryInterval, time, stoppingToken);
        }
    }

    private async Task<bool> DiscoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            var diagnosis = await probe.CheckAsync(cancellationToken);
            foreach (var problem in diagnosis.Problems)
            {
                LogProblem(logger, problem);
            }

            await inbox.AddAccountsAsync("kf", [.. diagnosis.Accounts.Select(account => account.OpenKfid)], cancellationToken);
            return diagnosis.Problems.Count == 0;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogProblem(logger, exception.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(3001, LogLevel.Warning, "微信客服 is not ready: {Problem}")]
    private static partial void LogProblem(ILogger logger, string problem);
}
