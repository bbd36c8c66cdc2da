using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartService.Knowledge;

/// <summary>Traces and numbers of the knowledge base.</summary>
public static class KnowledgeTelemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "SmartService.Knowledge";

    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Retrievals = Meter.CreateHistogram<double>("smartservice.knowledge.retrieve.duration", "ms", "Time to ground a question.");
    private static readonly Counter<long> Imports = Meter.CreateCounter<long>("smartservice.knowledge.imports", "{file}", "Imported files by outcome.");

    internal static ActivitySource Source { get; } = new(Name);

    internal static void Retrieved(TimeSpan elapsed, bool answerable) =>
        Retrievals.Record(elapsed.TotalMilliseconds, new KeyValuePair<string, object?>("answerable", answerable));

    internal static void Imported(Documents.ImportStatus status) => Imports.Add(1, new KeyValuePair<string, object?>("status", status.ToString()));
}
