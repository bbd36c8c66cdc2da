using SmartService.Evals.Metrics;

namespace SmartService.Evals.Results;

/// <summary>Holds a run against a baseline.</summary>
public static class Comparison
{
    /// <summary>Timings vary between runs on a shared machine: worse only beyond this factor …</summary>
    public const double TimingFactor = 1.5;

    /// <summary>… and by more than this many milliseconds.</summary>
    public const double TimingFloorMs = 20;

    /// <summary>One row per metric of the baseline, then what only the run has.</summary>
    public static IReadOnlyList<Difference> Of(RunResults baseline, RunResults run)
    {
        var rows = new List<Difference>();
        foreach (var suite in baseline.Suites)
        {
            var other = run.Suites.FirstOrDefault(candidate => candidate.Suite == suite.Suite);
            rows.AddRange(suite.Metrics.Select(metric => Compare(suite.Suite, metric, other?.Metrics.FirstOrDefault(candidate => candidate.Name == metric.Name))));
        }

        foreach (var suite in run.Suites)
        {
            var known = baseline.Suites.FirstOrDefault(candidate => candidate.Suite == suite.Suite)?.Metrics.Select(metric => metric.Name).ToHashSet(StringComparer.Ordinal) ?? [];
            rows.AddRange(suite.Metrics.Where(metric => !known.Contains(metric.Name)).Select(metric =>
                new Difference(suite.Suite, metric.Name, null, metric, IsBadNews(metric) ? Verdict.Worse : Verdict.New, "not in the baseline")));
        }

        return rows;
    }

    private static Difference Compare(string suite, Metric before, Metric? after)
    {
        if (after is null)
        {
            return new Difference(suite, before.Name, before, null, before.Better == Better.Neither ? Verdict.Same : Verdict.Worse, "missing in the run");
        }

        var (verdict, why) = before.Better switch
        {
            Better.Neither => (Verdict.Same, "not judged"),
            Better.Zero => (after.Value > before.Value ? Verdict.Worse : after.Value < before.Value ? Verdict.Better : Verdict.Same, "must be 0"),
            _ when before.Unit == MetricUnit.Share => CompareShares(before, after),
            _ => CompareTimings(before, after),
        };
        return new Difference(suite, before.Name, before, after, verdict, why);
    }

    private static (Verdict Verdict, string Why) CompareShares(Metric before, Metric after)
    {
        if (before.Outcomes is not { Count: > 0 } first || after.Outcomes is not { Count: > 0 } second)
        {
            return (Signed(after.Value - before.Value, before.Better), "no outcomes, so every difference counts");
        }

        var common = first.Keys.Where(second.ContainsKey).Order(StringComparer.Ordinal).ToList();
        var paired = common.Count == first.Count && common.Count == second.Count;
        var interval = paired
            ? Bootstrap.PairedDifference([.. common.Select(id => first[id])], [.. common.Select(id => second[id])])
            : Bootstrap.UnpairedDifference([.. first.Values], [.. second.Values]);
        var beyondNoise = interval is { Low: > 0 } or { High: < 0 };
        var why = FormattableString.Invariant($"difference {interval.Low * 100:+0.0;-0.0;0.0} to {interval.High * 100:+0.0;-0.0;0.0} points at 95 %, {(paired ? "paired" : "unpaired")}");
        return (beyondNoise ? Signed(interval.Low, before.Better) : Verdict.Same, why);
    }

    private static (Verdict Verdict, string Why) CompareTimings(Metric before, Metric after)
    {
        var (low, high) = (Math.Min(before.Value, after.Value), Math.Max(before.Value, after.Value));
        var floor = before.Unit == MetricUnit.Milliseconds ? TimingFloorMs : 0;
        var why = FormattableString.Invariant($"tolerance x{TimingFactor} and {floor} ms");
        return (high > low * TimingFactor && high - low > floor ? Signed(after.Value - before.Value, before.Better) : Verdict.Same, why);
    }

    private static Verdict Signed(double difference, Better better) => difference switch
    {
        0 => Verdict.Same,
        > 0 => better == Better.Higher ? Verdict.Better : Verdict.Worse,
        _ => better == Better.Higher ? Verdict.Worse : Verdict.Better,
    };

    private static bool IsBadNews(Metric metric) => metric.Better == Better.Zero && metric.Value > 0;
}

/// <summary>One metric in both runs.</summary>
public sealed record Difference(string Suite, string Metric, Metric? Before, Metric? After, Verdict Verdict, string Why);

/// <summary>What changed, noise taken off.</summary>
public enum Verdict
{
    Same,
    Better,
    Worse,
    New,
}
