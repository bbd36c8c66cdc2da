using System.Text.Json.Serialization;

namespace SmartService.Evals.Rig;

/// <summary>What the stand-in counted (its <c>control/report</c>), as far as evaluations use it.</summary>
public sealed record StandInReport(int CustomerMessages, int Sends, int IllegalSends)
{
    public IReadOnlyDictionary<string, int> IllegalSendsByCode { get; init; } = new Dictionary<string, int>();

    /// <summary>Repeats under a key that the platform knew already; after a crash they are what saves the customer from seeing it twice.</summary>
    [JsonPropertyName("duplicate_msgids")]
    public int RepeatedKeys { get; init; }

    public CallbackCounts Callbacks { get; init; } = new(0, 0, 0);
}

/// <summary>How the bells went.</summary>
public sealed record CallbackCounts(int Attempts, int Acknowledged, int Failures)
{
    public int GivenUp { get; init; }

    [JsonPropertyName("p50_ms")]
    public double P50Ms { get; init; }

    [JsonPropertyName("p99_ms")]
    public double P99Ms { get; init; }

    [JsonPropertyName("max_ms")]
    public double MaxMs { get; init; }
}
