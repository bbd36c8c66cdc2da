using System.Diagnostics;
using System.Globalization;
using SmartService.Evals.Crash;
using SmartService.Evals.Results;
using SmartService.Evals.Rig;
using SmartService.Evals.Suites;

namespace SmartService.Evals.Replay;

/// <summary>Recorded customers write to a running server through the platform's encrypted callbacks.</summary>
public sealed class ReplaySuite : ISuite
{
    /// <summary>They write first, so that timings are those of a running service and not of two processes being compiled.</summary>
    private const int WarmUpCustomers = 20;

    private static readonly Lazy<ReplayDefaults> Defaults =
        new(() => SuiteFile.Read(Path.Combine(RepositoryPaths.Suites, "replay"), SuiteJson.Default.ReplayDefaults));

    public string Name => "replay";

    public string Description => Defaults.Value.Description;

    public async Task<SuiteResult> RunAsync(RunOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var defaults = Defaults.Value;
        var (customers, messages) = (options.Customers ?? defaults.Customers, options.Messages ?? defaults.Messages);
        var (rate, seed) = (options.Rate ?? defaults.MessagesPerSecond, options.Seed ?? defaults.Seed);
        var settings = options.ServerSettings();
        var dialogues = await RecordedDialogues.ReadAsync(options.Data ?? RepositoryPaths.DefaultData, cancellationToken);
        var scripts = ScriptWriter.Write(dialogues, customers, messages, defaults.FragmentShare, seed);

        await using var rig = await ServiceRig.StartAsync(
            new RigOptions(ServerExecutable.Find(options.Server), Path.Combine(options.Out, "replay"), RepositoryPaths.SampleShop)
            {
                Postgres = options.Postgres,
                Servers = options.Servers ?? 1,
                Settings = settings,
            },
            progress,
            cancellationToken);
        var manners = new CrowdOptions(StandInProcess.Account, rate, TimeSpan.FromSeconds(defaults.PatienceSeconds), seed) { ComeBack = defaults.ComeBack };
        var early = SyntheticCustomers.Write(WarmUpCustomers, messagesPerCustomer: 2, seed);
        progress.Report(new("warming up", 0, 0));
        await new CustomerCrowd(rig.StandIn.Control, manners, TimeProvider.System).PlayAsync(early, null, CancellationToken.None, cancellationToken);

        var crowd = new CustomerCrowd(rig.StandIn.Control, manners, TimeProvider.System);
        var playStarted = Stopwatch.GetTimestamp();
        await crowd.PlayAsync(scripts, written => progress.Report(new("customers write", written, messages)), CancellationToken.None, cancellationToken);
        var playSeconds = Stopwatch.GetElapsedTime(playStarted).TotalSeconds;

        progress.Report(new("waiting for the last answers", messages, messages));
        var observed = await rig.SettleAsync(early.Select(script => script.Customer).ToHashSet(StringComparer.Ordinal), cancellationToken);
        var stoppedClean = await rig.StopServersAsync();
        return new SuiteResult(Name,
        [
            .. AuditMetrics.Of(observed.Audit, observed.Report),
            .. AuditMetrics.Timings(observed.Audit, observed.Report),
            .. Metric.Timings("cold_reply_after_debounce", observed.ColdAfterDueMs).Select(metric => metric with { Better = Better.Neither }),
            Metric.Count("recorded_messages", crowd.Written),
            Metric.Count("made_up_messages_to_warm_up", early.Sum(script => script.MessageCount)),
            Metric.Count("asked_for_the_bot_again", crowd.ComeBacks),
            Metric.Count("messages_per_second", Math.Round(crowd.Written / playSeconds, 1)),
            Metric.Zero("not_quiet_at_the_end", observed.Quiet ? 0 : 1),
            Metric.Zero("unclean_stops", stoppedClean ? 0 : 1),
        ])
        {
            Settings = new Dictionary<string, string>(settings, StringComparer.Ordinal)
            {
                ["messages"] = messages.ToString(CultureInfo.InvariantCulture),
                ["customers"] = customers.ToString(CultureInfo.InvariantCulture),
                ["messages per second"] = rate.ToString(CultureInfo.InvariantCulture),
                ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
                ["store"] = options.Postgres is null ? "SQLite" : "PostgreSQL",
                ["servers"] = rig.Servers.Count.ToString(CultureInfo.InvariantCulture),
            },
            Findings = [.. AuditMetrics.Findings(observed.Audit, observed.Report)],
            DurationSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }
}
