using SmartService.Evals.Metrics;

namespace SmartService.Evals.Results;

/// <summary>One measured number.</summary>
/// <param name="Name">Unique within its suite, for example <c>dev.right_answers</c>.</param>
/// <param name="Value">The number.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="Better">Which way is better.</param>
public sealed record Metric(string Name, double Value, MetricUnit Unit, Better Better)
{
    /// <summary>For a share: each question by id and whether it counts. Lets <c>compare</c> pair runs.</summary>
    public IReadOnlyDictionary<string, bool>? Outcomes { get; init; }

    public static Metric Share(string name, IReadOnlyDictionary<string, bool> outcomes, Better better = Better.Higher) =>
        new(name, outcomes.Count == 0 ? 0 : (double)outcomes.Values.Count(outcome => outcome) / outcomes.Count, MetricUnit.Share, better) { Outcomes = outcomes };

    /// <summary>A number that only describes the run.</summary>
    public static Metric Count(string name, double value) => new(name, value, MetricUnit.Count, Better.Neither);

    /// <summary>A number of things that must not happen.</summary>
    public static Metric Zero(string name, double value) => new(name, value, MetricUnit.Count, Better.Zero);

    /// <summary>Median, 95th and 99th percentile; nothing when nothing was measured.</summary>
    public static IEnumerable<Metric> Timings(string name, IReadOnlyCollection<double> milliseconds) =>
        milliseconds.Count == 0
            ? []
            :
            [
                new Metric(name + "_p50", Percentile.Of(milliseconds, 0.5)!.Value, MetricUnit.Milliseconds, Better.Lower),
                new Metric(name + "_p95", Percentile.Of(milliseconds, 0.95)!.Value, MetricUnit.Milliseconds, Better.Lower),
                new Metric(name + "_p99", Percentile.Of(milliseconds, 0.99)!.Value, MetricUnit.Milliseconds, Better.Lower),
            ];
}

/// <summary>What a metric counts.</summary>
public enum MetricUnit
{
    Count,
    Share,
    Milliseconds,
    Seconds,
}

/// <summary>Which way is better.</summary>
public enum Better
{
    Neither,
    Higher,
    Lower,
    Zero,
}
