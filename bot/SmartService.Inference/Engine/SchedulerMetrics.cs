using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartService.Inference.Engine;

/// <summary>
/// How long steps take. Everything else about the engine is published by who has the host: what a request cost from its
/// <see cref="Hosting.GenerationUsage"/>, gauges and counts from <see cref="Hosting.ModelHostStatus"/>, so that it is the same for a
/// host in this process and in another, and counted once.
/// </summary>
internal sealed class SchedulerMetrics : IDisposable
{
    private static readonly double[] s_seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private readonly Meter _meter;
    private readonly Histogram<double> _step;
    private readonly TagList _tags;

    public SchedulerMetrics(string model, IMeterFactory? factory)
    {
        _meter = factory?.Create(ModelClients.TelemetryName) ?? new Meter(ModelClients.TelemetryName);
        _tags = [new("gen_ai.request.model", model)];
        _step = _meter.CreateHistogram(
            "smartservice.model.step.duration", "s", "One step of the scheduler", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });
    }

    public void Step(TimeSpan duration) => _step.Record(duration.TotalSeconds, _tags);

    public void Dispose() => _meter.Dispose();
}
