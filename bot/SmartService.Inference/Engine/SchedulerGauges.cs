using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>Numbers that the inference thread and the requests' threads share: who waits, what is there to do, how long that takes.</summary>
internal sealed class SchedulerGauges(SchedulerOptions options, int cells)
{
    private int _waiting;
    private int _waitingTokens;
    private int _pending;
    private int _usedCells;
    private double _promptTokenMs;
    private double _holdMs;
    private int _live;

    /// <summary>Requests that have not ended.</summary>
    public int Live => Volatile.Read(ref _live);

    /// <summary>
    /// How long a new interactive request waits for its first token: the prompts before it, and, when no place is free, the time in which
    /// enough places become free. Zero until something was measured.
    /// </summary>
    public TimeSpan EstimatedWait
    {
        get
        {
            var tokens = Volatile.Read(ref _waitingTokens) + Volatile.Read(ref _pending);
            var ahead = Live + 1 - options.Parallel;
            var places = ahead > 0 ? Volatile.Read(ref _holdMs) * ahead / options.Parallel : 0;
            return TimeSpan.FromMilliseconds((tokens * Volatile.Read(ref _promptTokenMs)) + places);
        }
    }

    /// <summary>Counts the request as waiting, or says why it may not.</summary>
    public ModelSaturatedException? TryEnter(Generation generation)
    {
        var wait = EstimatedWait;
        // Counted first, so that many at once do not all see the last free place.
        var waiting = Interlocked.Increment(ref _waiting);
        var tokens = Interlocked.Add(ref _waitingTokens, generation.PromptLength);
        var canStart = Interlocked.Increment(ref _live) <= options.Parallel;
        generation.IsCounted = true;
        var isLong = generation.IsInteractive && wait > options.MaxWait;
        if (!isLong && (canStart || (waiting <= options.MaxWaiting && tokens <= options.MaxWaitingTokens)))
        {
            return null;
        }

        Leave(generation);
        Interlocked.Decrement(ref _live);
        var until = isLong ? wait - options.MaxWait : TimeSpan.FromMilliseconds(Volatile.Read(ref _holdMs) / options.Parallel);
        return new(isLong ? $"A first token would take about {wait.TotalSeconds:0} s." : $"{waiting - 1} requests with {tokens - generation.PromptLength} prompt tokens are waiting already.")
        {
            RetryAfter = TimeSpan.FromSeconds(Math.Clamp(until.TotalSeconds, 1, 60)),
        };
    }

    public void Started(Generation generation) => Leave(generation);

    public void Requeued(Generation generation)
    {
        Interlocked.Increment(ref _waiting);
        Interlocked.Add(ref _waitingTokens, generation.PromptLength);
        generation.IsCounted = true;
    }

    /// <remarks><paramref name="held"/>: how long it had a place.</remarks>
    public void Ended(Generation generation, TimeSpan held)
    {
        Leave(generation);
        Interlocked.Decrement(ref _live);
        if (held > TimeSpan.Zero)
        {
            _holdMs = _holdMs == 0 ? held.TotalMilliseconds : (0.9 * _holdMs) + (0.1 * held.TotalMilliseconds);
        }
    }

    public void Report(int pendingPromptTokens, int usedCells, double promptTokenMs)
    {
        Volatile.Write(ref _pending, pendingPromptTokens);
        Volatile.Write(ref _usedCells, usedCells);
        Volatile.Write(ref _promptTokenMs, promptTokenMs);
    }

    public ModelHostStatus Status(string? problem) => new()
    {
        IsReady = problem is null,
        Problem = problem,
        Running = Math.Max(0, Live - Volatile.Read(ref _waiting)),
        Waiting = Math.Max(0, Volatile.Read(ref _waiting)),
        WaitingTokens = Math.Max(0, Volatile.Read(ref _waitingTokens)) + Volatile.Read(ref _pending),
        EstimatedWait = EstimatedWait,
        UsedCells = Volatile.Read(ref _usedCells),
        Cells = cells,
    };

    private void Leave(Generation generation)
    {
        if (generation.IsCounted)
        {
            generation.IsCounted = false;
            Interlocked.Decrement(ref _waiting);
            Interlocked.Add(ref _waitingTokens, -generation.PromptLength);
        }
    }
}
