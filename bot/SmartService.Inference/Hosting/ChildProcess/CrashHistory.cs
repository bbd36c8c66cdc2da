namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>When to start the next child: at once, later, or, after too many crashes, much later. Used by one caller at a time.</summary>
internal sealed class CrashHistory(ModelSupervisionOptions options, TimeProvider time)
{
    private readonly Queue<long> _crashes = new();
    private int _opened;

    /// <summary>A child ended that should not have.</summary>
    public Restart Record()
    {
        while (_crashes.TryPeek(out var oldest) && time.GetElapsedTime(oldest) > options.CrashWindow)
        {
            _crashes.Dequeue();
        }

        _opened = _crashes.Count == 0 ? 0 : _opened;
        _crashes.Enqueue(time.GetTimestamp());
        // One start is tried after that time; if it crashes within the window of the others, this is reached again.
        return _crashes.Count >= options.MaxCrashes
            ? new Restart(Doubled(options.OpenFor, _opened++, options.MaxOpenFor), IsOpen: true)
            : new Restart(_crashes.Count == 1 ? TimeSpan.Zero : Doubled(options.Backoff, _crashes.Count - 2, options.MaxBackoff), IsOpen: false);
    }

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan most) =>
        TimeSpan.FromTicks((long)Math.Min(first.Ticks * Math.Pow(2, times), most.Ticks));
}

/// <param name="After">How long to wait.</param>
/// <param name="IsOpen">Requests are refused meanwhile.</param>
internal readonly record struct Restart(TimeSpan After, bool IsOpen);
