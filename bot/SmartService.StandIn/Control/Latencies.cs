using System.Text.Json;

namespace SmartService.StandIn.Control;

/// <summary>Measured durations in milliseconds. Guarded by its owner.</summary>
internal sealed class Latencies
{
    private readonly List<double> _values = [];

    public int Count => _values.Count;

    public void Add(double milliseconds) => _values.Add(milliseconds);

    public void Clear() => _values.Clear();

    public void Write(Utf8JsonWriter json)
    {
        var sorted = _values.Order().ToArray();
        json.WriteNumber("p50_ms", Percentile(sorted, 0.50));
        json.WriteNumber("p99_ms", Percentile(sorted, 0.99));
        json.WriteNumber("max_ms", Percentile(sorted, 1));
    }

    /// <summary>Nearest rank: the smallest value that at least this share does not exceed.</summary>
    public static double Percentile(double[] sorted, double share) =>
        sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)], 3);
}
