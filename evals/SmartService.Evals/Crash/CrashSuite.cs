using System.Diagnostics;
using System.Globalization;
using SmartService.Evals.Results;
using SmartService.Evals.Rig;
using SmartService.Evals.Suites;

namespace SmartService.Evals.Crash;

/// <summary><see cref="CrashRun"/> as a suite.</summary>
public sealed class CrashSuite : ISuite
{
    private static readonly Lazy<CrashDefaults> Defaults =
        new(() => SuiteFile.Read(Path.Combine(RepositoryPaths.Suites, "crash"), SuiteJson.Default.CrashDefaults));

    public string Name => "crash";

    public string Description => Defaults.Value.Description;

    public async Task<SuiteResult> RunAsync(RunOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var defaults = Defaults.Value;
        var crash = new CrashOptions(
            ServerExecutable.Find(options.Server), Path.Combine(options.Out, "crash"), RepositoryPaths.SampleShop, options.Kills ?? defaults.Kills)
        {
            Postgres = options.Postgres,
            Servers = options.Servers ?? (options.Postgres is null ? 1 : 2),
            Customers = options.Customers ?? defaults.Customers,
            MessagesPerSecond = options.Rate ?? defaults.MessagesPerSecond,
            Seed = options.Seed ?? defaults.Seed,
        };
        var settings = new Dictionary<string, string>(crash.Settings, StringComparer.Ordinal);
        foreach (var (name, value) in options.ServerSettings())
        {
            settings[name] = value;
        }

        var result = await CrashRun.RunAsync(crash with { Settings = settings }, progress, cancellationToken);
        var (audit, report) = (result.Observed.Audit, result.Observed.Report);
        return new SuiteResult(Name,
        [
            Metric.Count("kills", result.Kills),
            .. AuditMetrics.Of(audit, report),
            Metric.Zero("not_quiet_at_the_end", result.Observed.Quiet ? 0 : 1),
        ])
        {
            Settings = new Dictionary<string, string>(settings, StringComparer.Ordinal)
            {
                ["customers"] = crash.Customers.ToString(CultureInfo.InvariantCulture),
                ["messages per second"] = crash.MessagesPerSecond.ToString(CultureInfo.InvariantCulture),
                ["seed"] = crash.Seed.ToString(CultureInfo.InvariantCulture),
                ["store"] = crash.Postgres is null ? "SQLite" : "PostgreSQL",
                ["servers"] = crash.Servers.ToString(CultureInfo.InvariantCulture),
            },
            Findings = [.. AuditMetrics.Findings(audit, report)],
            DurationSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
        };
    }
}
