using System.Diagnostics.Metrics;
using SmartService.Plugins;
using SmartService.Turns;

namespace SmartService.Bot;

/// <summary>Meter <c>SmartService.Answers</c>: how turns end and why an answer fell back.</summary>
public static class AnswerMetrics
{
    /// <summary>The meter's name, for the exporter.</summary>
    public const string Name = "SmartService.Answers";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> Outcomes = Meter.CreateCounter<long>("smartservice.answers", description: "Decided turns by outcome and intent.");
    private static readonly Counter<long> Handoffs = Meter.CreateCounter<long>("smartservice.handoffs", description: "Hand-offs by reason.");
    private static readonly Counter<long> Degradations = Meter.CreateCounter<long>("smartservice.degradations", description: "Answers that fell back to quoting, by cause.");
    private static readonly Counter<long> Rungs = Meter.CreateCounter<long>("smartservice.model.rungs", description: "Steps down because the model's machine was saturated or too slow: shorter_context, extractive, second_endpoint, human.");
    private static readonly Counter<long> Removed = Meter.CreateCounter<long>("smartservice.claims.removed", description: "Sentences that the claim check took out.");
    private static readonly Histogram<double> Tools = Meter.CreateHistogram<double>("smartservice.tool.duration", "ms", "Tool calls by tool and status.");

    internal static void Decided(TurnResult result)
    {
        Outcomes.Add(1, new("outcome", result.Outcome.ToString()), new("intent", result.Intent.Name));
        if (result.Handoff is { } reason)
        {
            Handoffs.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
        }
    }

    internal static void Degraded(string cause) => Degradations.Add(1, new KeyValuePair<string, object?>("cause", cause));

    internal static void SteppedDown(string rung) => Rungs.Add(1, new KeyValuePair<string, object?>("rung", rung));

    internal static void ClaimsRemoved(int count) => Removed.Add(count);

    internal static void ToolCalled(string tool, ToolStatus status, TimeSpan duration) =>
        Tools.Record(duration.TotalMilliseconds, new("tool", tool), new("status", status.ToString()));
}
