using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>Numbers that the inference thread and the requests' threads share: who waits, what is there to do, how long that takes.</summary>
internal sealed class SchedulerGauges(SchedulerOptions options, int cells)
{
    // Of what is reported per request, so much of the past counts at the next one.
    private const double Keep = 0.9;

    private int _waiting;
    private int _waitingTokens;
    private int _parked;
    private int _prompts;
    private int _begun;
    private int _notBegun;
    private int _usedCells;
    private double _promptTokens;
    private double _computedTokens;
    private double _computedShare = 1;
    private long _saturated;
    private double _promptTokenMs;
    private double _holdMs;
    private int _live;

    /// <summary>Requests that have not ended.</summary>
    public int Live => Volatile.Read(ref _live);

    /// <summary>Requests that were refused.</summary>
    public long Saturated => Interlocked.Read(ref _saturated);

    /// <summary>
    /// How long a new interactive request waits for its first token: the prompts before it, as far as they are not in the cache already,
    /// and, when no place is free, the time in which enough places become free. Zero until something was measured.
    /// </summary>
    public TimeSpan EstimatedWait => TimeSpan.FromMilliseconds((TokensAhead * Volatile.Read(ref _promptTokenMs)) + PlacesAheadMs);

    /// <summary>Requests that have a place or want one; those whose reader is slow have none and hold up nobody.</summary>
    private int Competing => Live - Volatile.Read(ref _parked);

    /// <summary>Of prompts that have not begun nobody knows how much is in the cache; it is assumed that as much is as was of the last ones.</summary>
    private double TokensAhead =>
        ((Volatile.Read(ref _waitingTokens) + Volatile.Read(ref _notBegun)) * Volatile.Read(ref _computedShare)) + Volatile.Read(ref _begun);

    private double PlacesAheadMs =>
        Competing + 1 - options.Parallel is > 0 and var ahead ? Volatile.Read(ref _holdMs) * ahead / options.Parallel : 0;

    /// <summary>Counts the request as waiting, or says why it may not.</summary>
    public ModelSaturatedException? TryEnter(Generation generation)
    {
        var wait = WaitOf(generation);
        // Counted first, so that many at once do not all see the last free place.
        var waiting = Interlocked.Increment(ref _waiting);
        var tokens = Interlocked.Add(ref _waitingTokens, generation.PromptLength);
        var canStart = Interlocked.Increment(ref _live) - Volatile.Read(ref _parked) <= options.Parallel;
        (generation.IsCounted, generation.CountedTokens) = (true, generation.PromptLength);
        var isLong = generation.IsInteractive && wait > options.MaxWait;
        if (!isLong && (canStart || (waiting <= options.MaxWaiting && tokens <= options.MaxWaitingTokens)))
        {
            return null;
        }

        Leave(generation);
        Interlocked.Decrement(ref _live);
        Interlocked.Increment(ref _saturated);
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
        (generation.IsCounted, generation.CountedTokens) = (true, generation.IsParked ? 0 : generation.Tokens.Length);
        Interlocked.Add(ref _waitingTokens, generation.CountedTokens);
    }

    /// <summary>A request's reader is slow.</summary>
    public void Parked() => Interlocked.Increment(ref _parked);

    /// <summary>It reads again, or the request has ended.</summary>
    public void Unparked(Generation generation)
    {
        Interlocked.Decrement(ref _parked);
        if (generation is { IsCounted: true, CountedTokens: 0 })
        {
            generation.CountedTokens = generation.Tokens.Length;
            Interlocked.Add(ref _waitingTokens, generation.CountedTokens);
        }
    }

    /// <summary>So much of a prompt was in the cache when it began.</summary>
    public void Began(int promptTokens, int cachedTokens)
    {
        _promptTokens = (_promptTokens * Keep) + promptTokens;
        _computedTokens = (_computedTokens * Keep) + Math.Max(1, promptTokens - cachedTokens);
        Volatile.Write(ref _computedShare, Math.Min(1, _computedTokens / _promptTokens));
    }

    /// <remarks><paramref name="held"/>: how long it had a place.</remarks>
    public void Ended(Generation generation, TimeSpan held)
    {
        Leave(generation);
        Interlocked.Decrement(ref _live);
        if (held > TimeSpan.Zero)
        {
            _holdMs = _holdMs == 0 ? held.TotalMilliseconds : (Keep * _holdMs) + ((1 - Keep) * held.TotalMilliseconds);
        }
    }

    /// <remarks>
    /// <paramref name="prompts"/>: requests with a place whose prompt is not computed.
    /// <paramref name="begun"/>: tokens left of those that have begun.
    /// <paramref name="notBegun"/>: tokens of the others.
    /// </remarks>
    public void Report(int prompts, int begun, int notBegun, int usedCells, double promptTokenMs)
    {
        Volatile.Write(ref _prompts, prompts);
        Volatile.Write(ref _begun, begun);
        Volatile.Write(ref _notBegun, notBegun);
        Volatile.Write(ref _usedCells, usedCells);
        Volatile.Write(ref _promptTokenMs, promptTokenMs);
    }

    public ModelHostStatus Status(string? problem) => new()
    {
        IsReady = problem is null,
        Problem = problem,
        Running = Math.Max(0, Live - Volatile.Read(ref _waiting)),
        Waiting = Math.Max(0, Volatile.Read(ref _waiting)),
        WaitingTokens = Math.Max(0, Volatile.Read(ref _waitingTokens)) + Volatile.Read(ref _begun) + Volatile.Read(ref _notBegun),
        EstimatedWait = EstimatedWait,
        UsedCells = Volatile.Read(ref _usedCells),
        Cells = cells,
    };

    /// <summary>
    /// One that has a place at once is not behind prompts that are longer than its own: the planner gives it tokens beside them, the
    /// shorter first, and every fourth time the oldest.
    /// </summary>
    private TimeSpan WaitOf(Generation generation)
    {
        if (Competing >= options.Parallel)
        {
            return EstimatedWait;
        }

        var own = generation.PromptLength * Volatile.Read(ref _computedShare);
        var shared = (Volatile.Read(ref _prompts) + Volatile.Read(ref _waiting)) * own * 4 / 3;
        return TimeSpan.FromMilliseconds(Math.Min(TokensAhead, shared) * Volatile.Read(ref _promptTokenMs));
    }

    private void Leave(Generation generation)
    {
        if (generation.IsCounted)
        {
            generation.IsCounted = false;
            Interlocked.Decrement(ref _waiting);
            Interlocked.Add(ref _waitingTokens, -generation.CountedTokens);
            generation.CountedTokens = 0;
        }
    }
}
