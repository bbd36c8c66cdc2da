namespace SmartService.Evals.Metrics;

/// <summary>Percentiles by nearest rank: always a value that was measured.</summary>
public static class Percentile
{
    /// <summary>The smallest value that at least <paramref name="share"/> of the values do not exceed; null when there are none.</summary>
    public static double? Of(IReadOnlyCollection<double> values, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (values.Count == 0)
        {
            return null;
        }

        var rank = Math.Max(1, (int)Math.Ceiling(share * values.Count));
        return values.Order().ElementAt(rank - 1);
    }
}
