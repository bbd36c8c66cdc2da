using SmartService.Evals.Rig;
using SmartService.Evals.Suites;

namespace SmartService.Evals.Crash;

/// <summary>
/// Customers write all the time; a server is killed at a random moment, also while it starts, and started again. When all
/// kills are done, everything that the platform knows must have been answered exactly once.
/// </summary>
public static class CrashRun
{
    // More than anybody writes in a run: the kills decide when it ends.
    private const int MessagesPerCustomer = 400;

    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);

    public static async Task<CrashResult> RunAsync(CrashOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
    {
        if (options.Servers > 1 && options.Postgres is null)
        {
            throw new EvalException("Several servers need one PostgreSQL: give --postgres.");
        }

        var random = new Random(options.Seed);
        await using var rig = await ServiceRig.StartAsync(
            new RigOptions(options.Executable, options.Folder, options.Shop)
            {
                Postgres = options.Postgres,
                Servers = options.Servers,
                Settings = options.Settings,
            },
            progress,
            cancellationToken);
        var crowd = new CustomerCrowd(
            rig.StandIn.Control,
            new CrowdOptions(StandInProcess.Account, options.MessagesPerSecond, TimeSpan.FromSeconds(8), options.Seed) { ComeBack = "机器人" },
            TimeProvider.System);
        using var enough = new CancellationTokenSource();
        var play = crowd.PlayAsync(SyntheticCustomers.Write(options.Customers, MessagesPerCustomer, options.Seed), null, enough.Token, cancellationToken);
        try
        {
            await KillAsync(rig.Servers, options, random, progress, cancellationToken);
        }
        finally
        {
            await enough.CancelAsync();
        }

        progress.Report(new("waiting for the last answers", options.Kills, options.Kills));
        await play;
        var observed = await rig.SettleAsync(new HashSet<string>(), cancellationToken);
        await rig.StopServersAsync();
        return new CrashResult(options.Kills, observed);
    }

    private static async Task KillAsync(
        IReadOnlyList<ServerProcess> servers, CrashOptions options, Random random, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
    {
        for (var kill = 1; kill <= options.Kills; kill++)
        {
            var victim = servers[random.Next(servers.Count)];
            if (random.NextDouble() < 0.8)
            {
                await victim.WaitReadyAsync(ReadyPatience, cancellationToken);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 1500)), cancellationToken);
            await victim.KillAsync();
            progress.Report(new("kill -9", kill, options.Kills));
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 300)), cancellationToken);
            victim.Start();
        }

        foreach (var server in servers)
        {
            await server.WaitReadyAsync(ReadyPatience, cancellationToken);
        }
    }
}

/// <summary>What a crash run found.</summary>
public sealed record CrashResult(int Kills, RigObservation Observed);
