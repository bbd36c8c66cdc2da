using System.Runtime.InteropServices;

namespace SmartService.Evals.Results;

/// <summary>What one suite measured.</summary>
public sealed record SuiteResult(string Suite, IReadOnlyList<Metric> Metrics)
{
    /// <summary>What the run was made with: pace, seed, sizes.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Sentences about what went wrong, for people. Recorded customer text never appears here.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    public double DurationSeconds { get; init; }

    /// <summary>True when nothing happened that must not happen.</summary>
    public bool Clean => Metrics.All(metric => metric.Better != Better.Zero || metric.Value == 0);
}

/// <summary>One run: the machine and what its suites measured.</summary>
public sealed record RunResults(DateTimeOffset StartedAt, Machine Machine, IReadOnlyList<SuiteResult> Suites);

/// <summary>Where a run was made; timings of different machines do not compare.</summary>
public sealed record Machine(string System, string Runtime, int Cores)
{
    public static Machine This { get; } = new(
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Environment.ProcessorCount);
}
