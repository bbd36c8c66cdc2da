namespace SmartService.Evals.Metrics;

/// <summary>
/// Percentile bootstrap, 95 %, 2,000 resamples from a fixed seed: equal outcomes give equal intervals. A percentile
/// interval of few outcomes that are all equal has no width, so small suites look more certain than they are.
/// </summary>
public static class Bootstrap
{
    private const int Resamples = 2000;
    private const int Seed = 20261125;

    /// <summary>Interval of the share of true outcomes.</summary>
    public static Interval Share(IReadOnlyList<bool> outcomes) => Mean([.. outcomes.Select(outcome => outcome ? 1d : 0d)]);

    /// <summary>Interval of the difference of shares (second minus first) over the same questions, in the same order.</summary>
    public static Interval PairedDifference(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        if (first.Count != second.Count)
        {
            throw new ArgumentException("Paired outcomes must have the same length.", nameof(second));
        }

        return Mean([.. first.Zip(second, (before, after) => (after ? 1d : 0d) - (before ? 1d : 0d))]);
    }

    /// <summary>Interval of the difference of shares (second minus first) over different questions.</summary>
    public static Interval UnpairedDifference(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        var random = new Random(Seed);
        var (before, after) = (AsNumbers(first), AsNumbers(second));
        return Quantiles(_ => ResampledMean(random, after) - ResampledMean(random, before));
    }

    private static Interval Mean(double[] values)
    {
        var random = new Random(Seed);
        return Quantiles(_ => ResampledMean(random, values));
    }

    private static double[] AsNumbers(IReadOnlyList<bool> outcomes) => [.. outcomes.Select(outcome => outcome ? 1d : 0d)];

    private static double ResampledMean(Random random, double[] values)
    {
        if (values.Length == 0)
        {
            throw new ArgumentException("No outcomes.", nameof(values));
        }

        var sum = 0d;
        for (var draw = 0; draw < values.Length; draw++)
        {
            sum += values[random.Next(values.Length)];
        }

        return sum / values.Length;
    }

    private static Interval Quantiles(Func<int, double> resample)
    {
        var means = Enumerable.Range(0, Resamples).Select(resample).ToArray();
        return new Interval(Percentile.Of(means, 0.025)!.Value, Percentile.Of(means, 0.975)!.Value);
    }
}
