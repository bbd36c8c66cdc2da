using Microsoft.Extensions.Logging;
using SmartService.Data;

namespace SmartService.Bot.Turns;

/// <summary>
/// Takes leased work from the store and carries out several pieces at once. Woken by signals, by the next due time and, as
/// a safety net, by a slow poll; it never spins.
/// </summary>
internal sealed class WorkLoop<T>(
    string name,
    int parallelism,
    TimeSpan poll,
    Func<int, CancellationToken, Task<Taken<T>>> take,
    Func<T, CancellationToken, Task> work,
    ILogger logger) : IDisposable
{
    // When another server holds the row that is due, asking again at once would be a busy loop.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _wake = new(0, 1);
    private int _running;

    public void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already awake.
        }
        catch (ObjectDisposedException)
        {
            // A signal after the end.
        }
    }

    /// <summary>Runs until stopped, then waits for what is in progress.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var wait = await TakeAsync(stopping);
            try
            {
                await _wake.WaitAsync(wait, stopping);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        while (Volatile.Read(ref _running) > 0)
        {
            await _wake.WaitAsync(poll, CancellationToken.None);
        }
    }

    public void Dispose() => _wake.Dispose();

    private async Task<TimeSpan> TakeAsync(CancellationToken stopping)
    {
        var free = parallelism - Volatile.Read(ref _running);
        if (free <= 0)
        {
            return poll;
        }

        try
        {
            var taken = await take(free, stopping);
            foreach (var item in taken.Items)
            {
                Interlocked.Increment(ref _running);
                _ = Task.Run(() => WorkAsync(item, stopping), CancellationToken.None);
            }

            // A full batch: more may be due, but only a finished piece makes room for it.
            return taken.Items.Count == free ? poll : Shorter(taken.UntilNext);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return TimeSpan.Zero;
        }
        catch (StoreUnavailableException exception)
        {
            Log.StoreAway(logger, name, exception.Message);
        }
        catch (Exception exception)
        {
            Report(exception);
        }

        return poll;
    }

    private async Task WorkAsync(T item, CancellationToken stopping)
    {
        try
        {
            await work(item, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Given up; the lease runs out.
        }
        catch (StoreUnavailableException exception)
        {
            Log.StoreAway(logger, name, exception.Message);
        }
        catch (Exception exception)
        {
            Report(exception);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            Wake();
        }
    }

    private void Report(Exception exception)
    {
        Log.LoopFailed(logger, name, exception.GetType().Name, exception.StackTrace);
        Log.Details(logger, exception);
    }

    private TimeSpan Shorter(TimeSpan? untilNext) =>
        untilNext is not { } next || next >= poll ? poll
        : next > ShortestWait ? next
        : ShortestWait;
}

/// <summary>What was taken, and how long until more may be due.</summary>
internal sealed record Taken<T>(IReadOnlyList<T> Items, TimeSpan? UntilNext);
