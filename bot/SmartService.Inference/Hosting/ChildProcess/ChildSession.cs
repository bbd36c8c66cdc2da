using System.Buffers.Binary;
using System.Text.Json;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>The life of one child, seen from the server: from its hello to its end, which is noticed, or brought about when it hangs or talks nonsense.</summary>
internal sealed class ChildSession(IChild child, CallTable calls, ModelSupervisionOptions options, TimeProvider time)
{
    // The end of the connection is seen some milliseconds before the end of the process.
    private static readonly TimeSpan ExitAfterClose = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastFrames = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<string> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _started = time.GetTimestamp();
    private volatile ModelHostStatus? _status;
    private volatile bool _isReady;
    private volatile bool _isCannotStart;
    private volatile bool _isAskedToEnd;
    private bool _wasServing;
    private long _heard = time.GetTimestamp();
    private long _moved = time.GetTimestamp();
    private long _progress;

    /// <summary>What the child said last about itself.</summary>
    public ModelHostStatus? Status => _status;

    public bool IsReady => _isReady;

    /// <summary>Loads the models and serves calls until the child's end.</summary>
    /// <param name="models">What to load.</param>
    /// <param name="ready">Called once when the models are loaded, after waiting calls were sent.</param>
    public async Task<ChildEnd> RunAsync(LocalModelOptions models, Action<ModelHostInfo> ready)
    {
        child.Connection.Send(FrameKind.Start, 0, JsonSerializer.SerializeToUtf8Bytes(
            new WireStart(models, options.BeatEvery, options.Window), WireJson.Compact.WireStart));
        using var ended = new CancellationTokenSource();
        var reading = ReadAsync(ready);
        var watching = WatchAsync(ended.Token);
        await Task.WhenAny(reading, child.Exited, _verdict.Task);
        if (!_verdict.Task.IsCompleted)
        {
            await Task.WhenAny(child.Exited, _verdict.Task, Task.Delay(ExitAfterClose, time));
        }

        var endedItself = child.Exited.IsCompleted;
        child.Kill();
        var exit = await child.Exited;
        // What it sent before its end is still in the socket: finished answers are not computed again.
        if (await Task.WhenAny(reading, Task.Delay(LastFrames, time)) != reading)
        {
            child.Connection.Dispose();
        }

        await reading;
        await ended.CancelAsync();
        await watching;
        var reason = _verdict.Task.IsCompleted ? await _verdict.Task
            : endedItself ? $"The models' process ended with {exit}"
            : "The models' process closed its connection";
        return new ChildEnd(
            _isCannotStart ? reason : Sentence(reason, child.LastWords),
            _isCannotStart ? EndKind.CannotStart : _isAskedToEnd ? EndKind.Asked : EndKind.Crash);
    }

    /// <summary>Asks the child to end, and kills it if it does not in time.</summary>
    public async Task EndAsync()
    {
        _isAskedToEnd = true;
        child.Connection.Send(FrameKind.Shutdown, 0, []);
        await Task.WhenAny(child.Exited, Task.Delay(options.ExitLimit, time));
        child.Kill();
    }

    internal static string Sentence(string reason, string lastWords) =>
        lastWords.Length > 0 ? $"{reason}; it last wrote: {lastWords}" : $"{reason}.";

    private async Task ReadAsync(Action<ModelHostInfo> ready)
    {
        try
        {
            while (await child.Connection.ReadAsync(CancellationToken.None) is { } frame)
            {
                Volatile.Write(ref _heard, time.GetTimestamp());
                Take(frame, ready);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The connection broke: the child ended, or we ended it.
        }
        catch (Exception exception)
        {
            _verdict.TrySetResult($"The models' process sent nonsense and was ended ({(exception is ProtocolException ? exception.Message : exception.GetType().Name)})");
        }
    }

    private void Take(in Frame frame, Action<ModelHostInfo> ready)
    {
        switch (frame.Kind)
        {
            case FrameKind.Beat when frame.Payload.Length == 12:
                TakeBeat(frame.Payload.Span);
                break;
            case FrameKind.Status:
                TakeStatus(WireJson.Read(frame.Payload.Span, WireJson.Compact.ModelHostStatus));
                break;
            case FrameKind.Ready when !_isReady:
                var info = WireJson.Read(frame.Payload.Span, WireJson.Compact.ModelHostInfo);
                Volatile.Write(ref _moved, time.GetTimestamp());
                _isReady = true;
                calls.Attach(child.Connection);
                ready(info);
                break;
            case FrameKind.StartFailed when !_isReady:
                var failure = WireJson.Read(frame.Payload.Span, WireJson.Compact.WireFailure);
                _isCannotStart = failure.Kind == FailureKind.Unavailable;
                _verdict.TrySetResult(failure.ToException().Message);
                break;
            case FrameKind.Text or FrameKind.Update or FrameKind.Vectors or FrameKind.Failed when _isReady:
                calls.Take(frame);
                break;
            default:
                throw new ProtocolException($"{frame.Kind} was not expected now.");
        }
    }

    private void TakeBeat(ReadOnlySpan<byte> beat)
    {
        var progress = BinaryPrimitives.ReadInt64LittleEndian(beat);
        var waiting = BinaryPrimitives.ReadInt32LittleEndian(beat[8..]);
        if (progress != _progress || waiting == 0)
        {
            _progress = progress;
            Volatile.Write(ref _moved, time.GetTimestamp());
        }
    }

    private void TakeStatus(ModelHostStatus status)
    {
        _status = status;
        // A status that was made before the models were loaded may arrive after the word that they are.
        if (_wasServing && !status.IsReady && !_isAskedToEnd)
        {
            _verdict.TrySetResult($"The models' process gave up and was ended ({status.Problem ?? "it is not ready any more"})");
        }

        _wasServing |= status.IsReady;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        var tick = TimeSpan.FromTicks(Math.Min(options.BeatEvery.Ticks, options.BeatLimit.Ticks / 4));
        using var timer = new PeriodicTimer(tick, time);
        var last = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                // When we stood still ourselves (a suspended machine, a debugger), the child cannot be blamed for its silence.
                if (time.GetElapsedTime(last) > options.BeatLimit / 2)
                {
                    Volatile.Write(ref _heard, time.GetTimestamp());
                    Volatile.Write(ref _moved, time.GetTimestamp());
                }

                last = time.GetTimestamp();
                Judge();
            }
        }
        catch (OperationCanceledException)
        {
            // The child has ended.
        }
    }

    private void Judge()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _heard)) > options.BeatLimit)
        {
            _verdict.TrySetResult($"The models' process gave no sign of life for {options.BeatLimit.TotalSeconds:0.#} s and was killed");
        }
        else if (!_isReady && time.GetElapsedTime(_started) > options.StartLimit)
        {
            _verdict.TrySetResult($"The models' process did not load the models within {options.StartLimit.TotalSeconds:0.#} s and was killed");
        }
        else if (_isReady && time.GetElapsedTime(Volatile.Read(ref _moved)) > options.ProgressLimit)
        {
            _verdict.TrySetResult($"The models' process did nothing for {options.ProgressLimit.TotalSeconds:0.#} s although requests waited, and was killed");
        }
    }
}

/// <param name="Cause">A sentence.</param>
/// <param name="Kind">Whether it should be started again.</param>
internal sealed record ChildEnd(string Cause, EndKind Kind);

internal enum EndKind
{
    Crash,

    /// <summary>It said itself that the models cannot be loaded; another start would end the same way.</summary>
    CannotStart,

    /// <summary>We are done with it.</summary>
    Asked,
}
