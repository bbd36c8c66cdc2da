using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Keeps one child running: starts it, learns of its end, starts the next, and refuses calls while starting makes no sense.</summary>
internal sealed class Supervisor(
    IChildLauncher launcher, LocalModelOptions models, ModelSupervisionOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly CrashHistory _history = new(options, time);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ModelHostInfo> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Task? _loop;
    private ITimer? _expiry;
    private volatile ChildSession? _session;
    private volatile ModelHostInfo? _info;
    private volatile string? _problem = "The models' process was not started.";
    private volatile ModelHostCounters _countedBefore = new();
    private int _starts;
    private int _childProcess;
    private bool _isDisposed;
    private TimeSpan _lastStart;

    public CallTable Calls { get; } = new(options.MaxReplays, models.Parallel + models.MaxWaiting);

    /// <summary>The running child's process; 0: none.</summary>
    public int ChildProcess => Volatile.Read(ref _childProcess);

    public ModelHostStatus Status
    {
        get
        {
            var session = _session;
            var isReady = session is { IsReady: true };
            var child = isReady ? session?.Status : null;
            var held = Calls.Held;
            return (child ?? new ModelHostStatus { IsReady = isReady }) with
            {
                Counters = _countedBefore.Plus(child?.Counters ?? new ModelHostCounters()),
                IsReady = isReady,
                Waiting = (child?.Waiting ?? 0) + held,
                EstimatedWait = isReady ? child?.EstimatedWait ?? TimeSpan.Zero : _lastStart,
                Restarts = Math.Max(0, Volatile.Read(ref _starts) - 1),
                Problem = isReady ? child?.Problem : _problem,
            };
        }
    }

    /// <summary>Starts the first child if that was not done; completes with what was loaded, or throws why nothing can be.</summary>
    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(ChildProcessModelHost));
            if (_loop is null)
            {
                _problem = "The models are being loaded.";
                Calls.Refuse(null);
                _expiry = time.CreateTimer(_ => Calls.Expire(), null, options.BeatEvery, options.BeatEvery);
                _loop = Task.Run(SuperviseAsync, CancellationToken.None);
            }
        }

        // A host that was given up first and came back later has been started.
        return _info is { } info ? Task.FromResult(info) : _first.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Lets running calls end, then the child.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        var draining = time.GetTimestamp();
        while (_session is { IsReady: true } && Calls.Count > 0 && time.GetElapsedTime(draining) < options.DrainLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }

        const string Problem = "The models' process is being ended.";
        _problem = Problem;
        Calls.Close(Problem);
        await _stop.CancelAsync();
        if (_session is { } session)
        {
            await session.EndAsync();
        }

        if (_loop is not null)
        {
            await _loop;
        }

        if (_expiry is not null)
        {
            await _expiry.DisposeAsync();
        }

        _first.TrySetException(new ModelUnavailableException(Problem));
        _stop.Dispose();
    }

    private async Task SuperviseAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var end = await RunOneAsync();
                if (_stop.IsCancellationRequested || !await GoOnAsync(end))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed of while it waited for the next start.
        }
    }

    private async Task<ChildEnd> RunOneAsync()
    {
        var started = time.GetTimestamp();
        try
        {
            await using var child = await launcher.LaunchAsync(_stop.Token);
            Volatile.Write(ref _childProcess, child.ProcessId);
            var session = new ChildSession(child, Calls, options, time);
            _session = session;
            if (_stop.IsCancellationRequested)
            {
                await session.EndAsync();
            }

            var end = await session.RunAsync(models, info => Ready(info, child.ProcessId, time.GetElapsedTime(started)));
            _session = null;
            // What it had done since it last said so is lost with it.
            _countedBefore = _countedBefore.Plus(session.Status?.Counters ?? new ModelHostCounters());
            _problem = end.Cause;
            var failed = Calls.Detach(end.Cause);
            if (end.Kind == EndKind.Crash)
            {
                Log.ChildEnded(logger, child.ProcessId, end.Cause, Calls.Held, failed);
            }

            return end;
        }
        catch (ModelUnavailableException exception)
        {
            return new ChildEnd(exception.Message, EndKind.CannotStart);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever stands in the way of a process (no memory, no descriptors, a full disk) may pass.
            var cause = ChildSession.Sentence($"The models' process {(exception is ChildFailedException ? exception.Message : $"could not be started ({exception.Message})")}", "");
            Log.ChildNotStarted(logger, cause);
            return new ChildEnd(cause, EndKind.Crash);
        }
        finally
        {
            _session = null;
            Volatile.Write(ref _childProcess, 0);
        }
    }

    private void Ready(ModelHostInfo info, int process, TimeSpan took)
    {
        Interlocked.Increment(ref _starts);
        (_info, _lastStart) = (info, took);
        _first.TrySetResult(info);
        Log.ChildReady(logger, process, info.Backend, took.TotalSeconds);
    }

    private async Task<bool> GoOnAsync(ChildEnd end)
    {
        if (end.Kind == EndKind.CannotStart && _info is null)
        {
            // A file that is missing or broken: starting again would not mend it.
            GiveUp(end.Cause);
            return false;
        }

        var next = _history.Record();
        if (next.IsOpen || end.Kind == EndKind.CannotStart)
        {
            var wait = next.IsOpen ? next.After : options.OpenFor;
            var problem = next.IsOpen
                ? $"The models' process ended {options.MaxCrashes} times within {options.CrashWindow.TotalMinutes:0.#} minutes and is left alone for {wait.TotalSeconds:0} s. The last time: {end.Cause}"
                : end.Cause;
            GiveUp(problem);
            await Task.Delay(wait, time, _stop.Token);
        }
        else
        {
            await Task.Delay(next.After, time, _stop.Token);
        }

        return true;
    }

    private void GiveUp(string problem)
    {
        _problem = problem;
        Log.ChildGivenUp(logger, problem);
        Calls.Refuse(problem);
        _first.TrySetException(new ModelUnavailableException(problem));
        // Nobody may be waiting for it.
        _ = _first.Task.Exception;
    }
}
