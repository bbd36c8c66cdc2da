using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// Serves many requests with one context: continuous batching, shared prefixes, fairness, limits (llama-cpp.md part c). This class is
/// the side that requests see, from any thread; <see cref="StepLoop"/> is the other, on the inference thread.
/// </summary>
internal sealed class Scheduler : IStepSource, IAsyncDisposable
{
    /// <summary>How often deadlines and slow readers are looked at.</summary>
    private static readonly TimeSpan s_sweep = TimeSpan.FromMilliseconds(100);

    private readonly InferenceThread _thread;
    private readonly IConstraintCompiler _compiler;
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ContextKeeper _keeper;
    private readonly SchedulerGauges _gauges;
    private readonly SchedulerMetrics _metrics;
    private readonly StepLoop _loop;
    private readonly ITimer _timer;
    private readonly ConcurrentQueue<Generation> _submitted = new();
    private readonly ConcurrentQueue<Generation> _cancelled = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _order;
    private bool _hasMore;
    private volatile bool _isResumed;
    private int _isSweepDue;
    private volatile bool _isStopping;
    private volatile bool _isStopped;
    private int _disposals;

    /// <remarks>
    /// <paramref name="first"/>: owned by the scheduler from now on.
    /// <paramref name="recreate"/>: makes another decoder of the same model after one failed; called on the inference thread.
    /// <paramref name="thread"/>: must outlive the scheduler.
    /// </remarks>
    public Scheduler(
        IDecoder first,
        Func<IDecoder> recreate,
        InferenceThread thread,
        IConstraintCompiler compiler,
        SchedulerOptions options,
        TimeProvider time,
        IMeterFactory? meters = null,
        ILogger? logger = null)
    {
        if (first.MaxSequences < 2)
        {
            throw new ArgumentException("One sequence is for requests, another for scoring choices: two at least.", nameof(first));
        }

        (_thread, _compiler, _options, _time, _logger) = (thread, compiler, options, time, logger ?? NullLogger.Instance);
        _keeper = new(first, recreate, options, time, _logger);
        _gauges = new(options, first.Cells);
        _metrics = new(options.ModelName, meters);
        _loop = new(_keeper, options, time, _metrics, _gauges, _logger);
        _timer = time.CreateTimer(_ => Tick(), null, s_sweep, s_sweep);
        _ = thread.AddAsync(this);
    }

    /// <summary>Cheap; from any thread.</summary>
    public ModelHostStatus Status
    {
        get
        {
            var counters = Counters;
            return _gauges.Status(Refusal ?? _keeper.Problem) with
            {
                Steps = counters.Steps,
                Counters = new()
                {
                    PrefixHits = counters.PrefixHits,
                    ReusedTokens = counters.ReusedTokens,
                    Evictions = counters.Evictions,
                    Preemptions = counters.Preemptions,
                    ComputedTokens = counters.ComputedTokens,
                    GuessedTokens = counters.GuessedTokens,
                    RightTokens = counters.RightTokens,
                    WrittenTokens = counters.WrittenTokens,
                    Saturated = _gauges.Saturated,
                },
            };
        }
    }

    /// <summary>Requests that have not ended.</summary>
    public int Live => _gauges.Live;

    /// <summary>What was done since the start.</summary>
    public SchedulerCounters Counters => _loop.Counters;

    private string? Refusal => _isStopping ? "The model is being unloaded." : _isStopped ? "The scheduler of the model failed; it needs a restart." : null;

    bool IStepSource.HasWork => _hasMore || _isResumed || Volatile.Read(ref _isSweepDue) != 0 || !_submitted.IsEmpty || !_cancelled.IsEmpty;

    /// <summary>
    /// Generates one output. The last update, and only that one, has a finish reason and the usage. Ending the enumeration early cancels
    /// the request: its place is free after the running step.
    /// </summary>
    /// <exception cref="ModelSaturatedException">Too much is waiting already.</exception>
    /// <exception cref="PromptTooLongException">The part of the prompt that must stay does not fit the context.</exception>
    /// <exception cref="ModelUnavailableException">The context broke twice while this was computed, or cannot be made anew.</exception>
    /// <exception cref="ArgumentException">The prompt is empty, the shape holds something that is not supported, or a setting is not a number.</exception>
    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Before its text is tokenized: the model may be freed at any moment from now on.
        ThrowIfRefused();
        var generation = Create(request);
        Submit(generation);
        var isDone = false;
        try
        {
            while (!isDone)
            {
                var update = await generation.Output.ReadAsync(cancellationToken);
                if (generation.IsParked)
                {
                    _isResumed = true;
                    Wake();
                }

                isDone = update.Finish is not null;
                if (isDone || update.Text.Length > 0)
                {
                    yield return update;
                }
            }
        }
        finally
        {
            if (!isDone)
            {
                Cancel(generation);
            }
        }
    }

    void IStepSource.Step()
    {
        _isResumed = false;
        var isSweepDue = Interlocked.Exchange(ref _isSweepDue, 0) != 0;
        try
        {
            while (_submitted.TryDequeue(out var generation))
            {
                _loop.Submit(generation);
            }

            while (_cancelled.TryDequeue(out var generation))
            {
                _loop.Cancel(generation);
            }

            if (isSweepDue)
            {
                _loop.Sweep();
            }

            _hasMore = _loop.Step();
        }
        catch (Exception exception)
        {
            // A mistake of ours must not end the thread that all models share.
            _loop.Crash(exception);
            _hasMore = true;
        }

        if (_isStopping && _loop.IsIdle && _submitted.IsEmpty)
        {
            _drained.TrySetResult();
        }
    }

    void IStepSource.Close() => Close();

    /// <summary>Refuses new requests, lets running ones finish for <see cref="SchedulerOptions.DrainTime"/>, ends the others, and disposes the decoder.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            await _disposed.Task;
            return;
        }

        _isStopping = true;
        AskForSweep();
        await Task.WhenAny(_drained.Task, Task.Delay(_options.DrainTime, _time));
        _isStopped = true;
        _keeper.Abort();
        try
        {
            await _thread.RunAsync(Close);
            await _thread.RemoveAsync(this);
        }
        catch (ObjectDisposedException)
        {
            // The thread has ended, so nobody else touches what it owned.
            Close();
        }

        await _timer.DisposeAsync();
        _metrics.Dispose();
        _disposed.SetResult();
    }

    private Generation Create(GenerationRequest request)
    {
        if (request.Tenant is null)
        {
            throw new ArgumentException("The tenant is null; a request that belongs to none has an empty one.", nameof(request));
        }

        var sampling = request.Sampling;
        Span<float> settings = [sampling.Temperature, sampling.TopP, sampling.MinP, sampling.RepetitionPenalty, sampling.FrequencyPenalty, sampling.PresencePenalty];
        foreach (var setting in settings)
        {
            if (!float.IsFinite(setting))
            {
                throw new ArgumentException("A sampling setting is not a finite number.", nameof(request));
            }
        }

        if (sampling.RepetitionPenalty <= 0)
        {
            throw new ArgumentException("The repetition penalty must be positive; 1 means none.", nameof(request));
        }

        var submitted = _time.GetTimestamp();
        var prompt = PromptTokens.From(request, _keeper.Vocabulary, _keeper.ContextTokens, _options.MinOutputTokens);
        return new(request, prompt, request.Shape is { } shape ? _compiler.Compile(shape) : null, sampling.Seed ?? (ulong)System.Random.Shared.NextInt64(), submitted)
        {
            Marks = ControlMarks.Of(request.ControlMarks, _keeper.Vocabulary),
            Order = Interlocked.Increment(ref _order),
            Deadline = request.TimeLimit is { } limit ? submitted + (long)Math.Min(limit.TotalSeconds * _time.TimestampFrequency, long.MaxValue / 2) : long.MaxValue,
        };
    }

    private void Submit(Generation generation)
    {
        ThrowIfRefused();
        if (_gauges.TryEnter(generation) is { } saturated)
        {
            throw saturated;
        }

        _submitted.Enqueue(generation);
        Wake();
        if (_isStopped)
        {
            generation.Output.Fail(new ModelUnavailableException("The model is being unloaded."));
        }
    }

    private void ThrowIfRefused()
    {
        if (Refusal is { } refusal)
        {
            throw new ModelUnavailableException(refusal);
        }

        if (_keeper.IsGivenUp)
        {
            throw new ModelUnavailableException(_keeper.Problem ?? "The model's context is gone.");
        }
    }

    private void Cancel(Generation generation)
    {
        generation.IsCancelled = true;
        _cancelled.Enqueue(generation);
        _keeper.AbortFor(generation);
        Wake();
    }

    private bool Close()
    {
        // Before the last look at what was submitted: who comes later sees it.
        _isStopped = true;
        while (_submitted.TryDequeue(out var generation))
        {
            _loop.Submit(generation);
        }

        _loop.FailAll(new ModelUnavailableException("The model was unloaded before the output was whole."));
        _keeper.Dispose();
        _hasMore = false;
        _drained.TrySetResult();
        return true;
    }

    private void Tick()
    {
        _keeper.Watch();
        if (_gauges.Live > 0)
        {
            AskForSweep();
        }
    }

    private void AskForSweep()
    {
        Volatile.Write(ref _isSweepDue, 1);
        Wake();
    }

    // A late reader may come after the thread has ended.
    private void Wake() => _thread.Wake();
}
