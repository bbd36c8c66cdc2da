using System.Globalization;
using SmartService.Data;

namespace SmartService.Evals.Rig;

/// <summary>A stand-in and one or more servers on one store, each a process of its own, with the sample shop imported.</summary>
internal sealed class ServiceRig : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan SettlePatience = TimeSpan.FromMinutes(2);

    private ServiceRig(StandInProcess standIn, IReadOnlyList<ServerProcess> servers, LoadBalancer? balancer, StoreReader store)
    {
        StandIn = standIn;
        Servers = servers;
        Balancer = balancer;
        Store = store;
    }

    public StandInProcess StandIn { get; }

    public IReadOnlyList<ServerProcess> Servers { get; }

    public StoreReader Store { get; }

    private LoadBalancer? Balancer { get; }

    /// <summary>Starts everything and waits until it can work.</summary>
    public static async Task<ServiceRig> StartAsync(RigOptions options, IProgress<Suites.SuiteProgress> progress, CancellationToken cancellationToken)
    {
        var data = Path.Combine(options.Folder, "data");
        if (Directory.Exists(data))
        {
            // What an earlier run left in its output folder would be counted again.
            Directory.Delete(data, recursive: true);
        }

        Directory.CreateDirectory(data);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["Data__Directory"] = data };
        if (options.Postgres is { } postgres)
        {
            environment["Data__Postgres"] = postgres;
        }

        progress.Report(new("importing the sample shop", 0, 0));
        await ImportAsync(options, environment, cancellationToken);

        progress.Report(new("starting", 0, 0));
        var servers = Enumerable.Range(1, options.Servers)
            .Select(server => new ServerProcess(options.Executable, environment, Path.Combine(options.Folder, string.Create(CultureInfo.InvariantCulture, $"server-{server}.log"))))
            .ToList();
        var balancer = servers.Count == 1 ? null : await LoadBalancer.StartAsync([.. servers.Select(server => server.Port)], cancellationToken);
        StandInProcess? standIn = null;
        try
        {
            var callback = balancer?.CallbackUrl ?? new Uri($"http://127.0.0.1:{servers[0].Port}{LoadBalancer.CallbackPath}");
            standIn = await StandInProcess.StartAsync(options.Executable, callback, Path.Combine(options.Folder, "standin.log"), cancellationToken);
            foreach (var (name, value) in standIn.ServerEnvironment.Concat(options.Settings))
            {
                environment[name] = value;
            }

            foreach (var server in servers)
            {
                // One after the other: the first migrates the store.
                server.Start();
                await server.WaitReadyAsync(StartPatience, cancellationToken);
            }

            var store = options.Postgres is null ? StoreReader.OfSqlite(Path.Combine(data, DataServices.FileName)) : StoreReader.OfPostgres(options.Postgres);
            if (await store.CountMessagesAsync(cancellationToken) > 0)
            {
                throw new EvalException("The PostgreSQL database holds messages already. Give an empty one.");
            }

            return new ServiceRig(standIn, servers, balancer, store);
        }
        catch
        {
            await DisposeAsync(standIn, servers, balancer);
            throw;
        }
    }

    /// <summary>Waits until every message is taken and every reply is sent, at most two minutes, then compares platform and store.</summary>
    /// <param name="warmUp">Customers whose latencies do not count.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<RigObservation> SettleAsync(IReadOnlySet<string> warmUp, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        var quiet = false;
        while (!quiet && TimeProvider.System.GetElapsedTime(since) < SettlePatience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            quiet = await Store.IsQuietAsync(cancellationToken) && await IsAllWrittenDownAsync(cancellationToken);
        }

        var contents = await Store.ReadAsync(cancellationToken);
        var ledger = await StandIn.Control.LedgerAsync(0, cancellationToken);
        return new RigObservation(
            LedgerAudit.Of(ledger, contents, customer => !warmUp.Contains(customer)), await StandIn.Control.ReportAsync(cancellationToken), quiet)
        {
            ColdAfterDueMs = LedgerAudit.Of(ledger, contents, warmUp.Contains).AfterDueMs,
        };
    }

    /// <summary>Stops the servers as an operator would; true when all ended by themselves in time.</summary>
    public async Task<bool> StopServersAsync()
    {
        var clean = true;
        foreach (var server in Servers)
        {
            clean &= await server.StopAsync();
        }

        return clean;
    }

    public ValueTask DisposeAsync() => DisposeAsync(StandIn, Servers, Balancer);

    private async Task<bool> IsAllWrittenDownAsync(CancellationToken cancellationToken) =>
        await Store.CountMessagesAsync(cancellationToken) >= (await StandIn.Control.ReportAsync(cancellationToken)).CustomerMessages;

    private static async Task ImportAsync(RigOptions options, Dictionary<string, string> environment, CancellationToken cancellationToken)
    {
        await using var import = ChildProcess.Start(
            options.Executable, ["knowledge", "import", options.Shop], environment, Path.Combine(options.Folder, "import.log"));
        await import.WaitForExitAsync(cancellationToken);
        if (import.ExitCode != 0)
        {
            throw new EvalException($"Importing {options.Shop} ended with code {import.ExitCode}:{Environment.NewLine}{import.LastLines}");
        }
    }

    private static async ValueTask DisposeAsync(StandInProcess? standIn, IReadOnlyList<ServerProcess> servers, LoadBalancer? balancer)
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        if (standIn is not null)
        {
            await standIn.DisposeAsync();
        }

        if (balancer is not null)
        {
            await balancer.DisposeAsync();
        }
    }
}

/// <summary>What to start.</summary>
/// <param name="Executable">The built server.</param>
/// <param name="Folder">For data and logs of this run.</param>
/// <param name="Shop">Documents to import.</param>
internal sealed record RigOptions(string Executable, string Folder, string Shop)
{
    public string? Postgres { get; init; }

    public int Servers { get; init; } = 1;

    /// <summary>Environment of the servers, on top of what the stand-in says.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>What platform and store said when everything was over.</summary>
/// <param name="Audit">The comparison of both.</param>
/// <param name="Report">The platform's counters.</param>
/// <param name="Quiet">Whether the server had nothing left to do.</param>
public sealed record RigObservation(AuditResult Audit, StandInReport Report, bool Quiet)
{
    /// <summary>Latencies of the first customers after the start, while both processes are still being compiled.</summary>
    public IReadOnlyList<double> ColdAfterDueMs { get; init; } = [];
}
