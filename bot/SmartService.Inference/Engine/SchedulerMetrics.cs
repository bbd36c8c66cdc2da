using System.Diagnostics;
using System.Diagnostics.Metrics;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// What the local model does, as OpenTelemetry's GenAI semantic conventions name it, and what a server of models wants to know besides.
/// </summary>
internal sealed class SchedulerMetrics : IDisposable
{
    public const string MeterName = "SmartService.Inference";

    private static readonly double[] s_seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    private static readonly double[] s_tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144];
    private readonly Meter _meter;
    private readonly Histogram<long> _tokenUsage;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<double> _timePerToken;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _queued;
    private readonly Histogram<double> _step;
    private readonly Counter<long> _reused;
    private readonly Counter<long> _evictions;
    private readonly Counter<long> _preemptions;
    private readonly Counter<long> _saturated;
    private readonly Counter<long> _draftsRight;
    private readonly Counter<long> _drafts;
    private readonly TagList _tags;
    private readonly TagList _input;
    private readonly TagList _output;

    public SchedulerMetrics(string model, IMeterFactory? factory, Func<ModelHostStatus> status)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _tags = [new("gen_ai.operation.name", "chat"), new("gen_ai.provider.name", "llama_cpp"), new("gen_ai.request.model", model)];
        _input = [.. _tags, new("gen_ai.token.type", "input")];
        _output = [.. _tags, new("gen_ai.token.type", "output")];
        _tokenUsage = _meter.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens used, input and output", advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [.. s_tokens.Select(value => (long)value)] });
        _timeToFirstToken = Seconds("gen_ai.server.time_to_first_token", "From submission to the first output token");
        _timePerToken = Seconds("gen_ai.server.time_per_output_token", "From token to token after the first one");
        _duration = Seconds("gen_ai.server.request.duration", "From submission to the end");
        _queued = Seconds("smartservice.model.queue.duration", "From submission to the first computed token");
        _step = Seconds("smartservice.model.step.duration", "One step of the scheduler");
        _reused = _meter.CreateCounter<long>("smartservice.model.cache.reused", "{token}", "Prompt tokens that were not computed again");
        _evictions = _meter.CreateCounter<long>("smartservice.model.cache.evictions", "{sequence}", "Kept sequences that made room");
        _preemptions = _meter.CreateCounter<long>("smartservice.model.preemptions", "{request}", "Running requests that made room and start over");
        _saturated = _meter.CreateCounter<long>("smartservice.model.saturated", "{request}", "Requests that were not admitted");
        _drafts = _meter.CreateCounter<long>("smartservice.model.lookup.guessed", "{token}", "Tokens guessed by prompt lookup");
        _draftsRight = _meter.CreateCounter<long>("smartservice.model.lookup.right", "{token}", "Guessed tokens that were right");
        Gauge("smartservice.model.running", "{request}", () => status().Running);
        Gauge("smartservice.model.waiting", "{request}", () => status().Waiting);
        Gauge("smartservice.model.waiting_tokens", "{token}", () => status().WaitingTokens);
        Gauge("smartservice.model.cache.used", "{cell}", () => status().UsedCells);
        Gauge("smartservice.model.cache.cells", "{cell}", () => status().Cells);
        _meter.CreateObservableGauge("smartservice.model.estimated_wait", () => new Measurement<double>(status().EstimatedWait.TotalSeconds, _tags), "s", "What a new interactive request would wait");
    }

    public void Step(TimeSpan duration) => _step.Record(duration.TotalSeconds, _tags);

    public void Reused(long tokens) => Add(_reused, tokens);

    public void Evicted(long sequences) => Add(_evictions, sequences);

    public void Preempted() => Add(_preemptions, 1);

    public void Saturated() => Add(_saturated, 1);

    public void Guessed(int tokens, int right)
    {
        Add(_drafts, tokens);
        Add(_draftsRight, right);
    }

    public void Finished(FinishReason reason, GenerationUsage usage)
    {
        _tokenUsage.Record(usage.PromptTokens, _input);
        _tokenUsage.Record(usage.OutputTokens, _output);
        _queued.Record(usage.Queued.TotalSeconds, _tags);
        if (usage.OutputTokens > 0)
        {
            _timeToFirstToken.Record(usage.TimeToFirstToken.TotalSeconds, _tags);
        }

        if (usage.OutputTokens > 1)
        {
            _timePerToken.Record((usage.Duration - usage.TimeToFirstToken).TotalSeconds / (usage.OutputTokens - 1), _tags);
        }

        // As the bucket's error type, so that cut-off answers show beside failed ones.
        TagList tags = reason is FinishReason.Deadline ? [.. _tags, new("error.type", "deadline")] : _tags;
        _duration.Record(usage.Duration.TotalSeconds, tags);
    }

    public void Failed(string kind, TimeSpan duration)
    {
        TagList tags = [.. _tags, new("error.type", kind)];
        _duration.Record(duration.TotalSeconds, tags);
    }

    public void Dispose() => _meter.Dispose();

    private Histogram<double> Seconds(string name, string what) =>
        _meter.CreateHistogram(name, "s", what, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = s_seconds });

    private void Gauge(string name, string unit, Func<int> value) =>
        _meter.CreateObservableGauge(name, () => new Measurement<int>(value(), _tags), unit);

    private void Add(Counter<long> counter, long count)
    {
        if (count > 0)
        {
            counter.Add(count, _tags);
        }
    }
}
