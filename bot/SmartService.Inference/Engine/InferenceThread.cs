using System.Collections.Concurrent;

namespace SmartService.Inference.Engine;

/// <summary>
/// The one thread that touches native contexts. LLamaSharp holds one lock around every decode of the process, and libgomp keeps
/// a team of workers per calling thread, so more threads would only wait and cost memory.
/// </summary>
internal sealed class InferenceThread : IDisposable
{
    private readonly ConcurrentQueue<Action> _calls = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<IStepSource> _sources = [];
    private readonly Thread _thread;
    private readonly Action<Exception>? _sourceFailed;
    private volatile bool _stopping;

    /// <param name="sourceFailed">Called on the thread when a source's step threw: it is closed and not asked again.</param>
    public InferenceThread(Action<Exception>? sourceFailed = null)
    {
        _sourceFailed = sourceFailed;
        _thread = new Thread(Run) { IsBackground = true, Name = "inference" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="call"/> on the thread, between steps.</summary>
    public Task<T> RunAsync<T>(Func<T> call)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.Enqueue(() =>
        {
            try
            {
                completion.TrySetResult(call());
            }
            catch (Exception exception)
            {
                completion.TrySetException(exception);
            }
        });
        Wake();
        if (_stopping)
        {
            completion.TrySetException(new ObjectDisposedException(nameof(InferenceThread)));
        }

        return completion.Task;
    }

    /// <summary>Adds a source whose steps take turns with the others'.</summary>
    public Task AddAsync(IStepSource source) => RunAsync(() =>
    {
        _sources.Add(source);
        return true;
    });

    public Task RemoveAsync(IStepSource source) => RunAsync(() => _sources.Remove(source));

    /// <summary>Says that a source may have work. From any thread. False: the thread has ended and nobody will do it.</summary>
    public bool Wake()
    {
        try
        {
            _wake.Release();
            return !_stopping;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Ends the thread after the running step.</summary>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            while (_calls.TryDequeue(out var call))
            {
                call();
            }

            if (_stopping)
            {
                return;
            }

            var worked = false;
            for (var at = _sources.Count - 1; at >= 0; at--)
            {
                worked |= StepOf(at);
            }

            if (!worked && _calls.IsEmpty)
            {
                _wake.Wait();
                // One wake answers for all that are pending; the sources are asked anyway.
                while (_wake.Wait(0))
                {
                }
            }
        }
    }

    private void Close(IStepSource source)
    {
        try
        {
            source.Close();
        }
        catch (Exception exception)
        {
            _sourceFailed?.Invoke(exception);
        }
    }

    private bool StepOf(int at)
    {
        var source = _sources[at];
        try
        {
            if (!source.HasWork)
            {
                return false;
            }

            source.Step();
            return true;
        }
        catch (Exception exception)
        {
            _sources.RemoveAt(at);
            _sourceFailed?.Invoke(exception);
            Close(source);
            return true;
        }
    }
}
