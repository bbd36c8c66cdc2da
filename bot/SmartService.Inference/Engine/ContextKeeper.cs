using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// Owns the context that is in use, makes another one when it broke, and interrupts decodes that nobody needs or that take too long.
/// </summary>
internal sealed class ContextKeeper(IDecoder first, Func<IDecoder> recreate, SchedulerOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(5);

    private volatile ComputeContext? _context = new(first, options);
    private volatile Generation? _onlyFor;
    private volatile string? _problem;
    private long _decodeStarted;
    private long _lastOverdue;
    private long _failedAt;
    private int _overdue;
    private int _wasOverdue;

    public Vocabulary Vocabulary { get; } = first.Vocabulary;

    public int MaxSequences { get; } = first.MaxSequences;

    public int ContextTokens { get; } = first.ContextTokens;

    public int Cells { get; } = first.Cells;

    /// <summary>Null after it broke and until <see cref="TryRenew"/>.</summary>
    public ComputeContext? Context => _context;

    /// <summary>Why there is no context, in one sentence; null while there is one or it has not been tried to make one.</summary>
    public string? Problem => _problem;

    /// <summary>Whether making a context failed so recently that it is not tried again.</summary>
    public bool IsGivenUp => _problem is not null && time.GetElapsedTime(Volatile.Read(ref _failedAt)) < s_retryAfter;

    /// <summary>Whether two decodes in a row had to be interrupted for taking too long.</summary>
    public bool IsStuck => Volatile.Read(ref _overdue) > 1;

    /// <summary>Decodes the context's batch. Never throws.</summary>
    /// <remarks><paramref name="onlyFor"/>: the one request it is for, if it is for one: the decode ends with it.</remarks>
    public DecodeStatus Run(ComputeContext context, Generation? onlyFor)
    {
        _onlyFor = onlyFor;
        // Whatever was interrupted before is over. A flag that says whether there is something to take back could be cleared before
        // the decoder's own flag is set, and then no decode would ever go through again.
        context.Decoder.ResetAbort();
        // So that either the one who cancels sees whom the decode is for, or the decode sees that it was cancelled.
        Interlocked.MemoryBarrier();
        Volatile.Write(ref _decodeStarted, Math.Max(1, time.GetTimestamp()));
        try
        {
            return onlyFor is { IsCancelled: true } ? DecodeStatus.Aborted : context.Decoder.Decode(context.Batch);
        }
        catch (ArgumentException exception)
        {
            logger.RequestMalformed(exception);
            return DecodeStatus.Invalid;
        }
        catch (Exception exception)
        {
            logger.DecodeFailed(exception);
            return DecodeStatus.Failed;
        }
        finally
        {
            Volatile.Write(ref _decodeStarted, 0);
            _onlyFor = null;
        }
    }

    /// <summary>Whether a decode was interrupted for taking too long since this was last asked.</summary>
    public bool TakeOverdue() => Interlocked.Exchange(ref _wasOverdue, 0) == 1;

    public void Succeeded()
    {
        Volatile.Write(ref _overdue, 0);
        Volatile.Write(ref _wasOverdue, 0);
    }

    /// <summary>Throws the context away.</summary>
    public void Break(int requests)
    {
        logger.ContextFailed(requests);
        Volatile.Write(ref _overdue, 0);
        try
        {
            _context?.Dispose();
        }
        catch (Exception exception)
        {
            logger.DecodeFailed(exception);
        }

        _context = null;
    }

    /// <summary>Makes a context if there is none. Returns what to tell those who wait when that fails.</summary>
    public ModelUnavailableException? TryRenew()
    {
        if (_context is not null)
        {
            return null;
        }

        if (IsGivenUp)
        {
            return new(_problem ?? "The model's context is gone.");
        }

        try
        {
            _context = new(recreate(), options);
            _problem = null;
            return null;
        }
        catch (Exception exception)
        {
            logger.ContextLost(exception);
            Volatile.Write(ref _failedAt, time.GetTimestamp());
            _problem = $"The model's context broke and could not be made anew: {exception.Message}";
            return new(_problem, exception);
        }
    }

    /// <summary>Interrupts the decode if it is for this request alone. From any thread.</summary>
    public void AbortFor(Generation generation)
    {
        Interlocked.MemoryBarrier();
        if (_onlyFor == generation)
        {
            Abort();
        }
    }

    /// <summary>Interrupts the decode, whoever it is for. From any thread; at worst a decode is done twice.</summary>
    public void Abort() => _context?.Abort();

    /// <summary>Interrupts a decode that takes too long. From a timer.</summary>
    public void Watch()
    {
        var started = Volatile.Read(ref _decodeStarted);
        if (started != 0 && started != _lastOverdue && time.GetElapsedTime(started) > options.DecodeLimit)
        {
            _lastOverdue = started;
            Interlocked.Increment(ref _overdue);
            Volatile.Write(ref _wasOverdue, 1);
            logger.DecodeTooLong(options.DecodeLimit.TotalSeconds);
            Abort();
        }
    }

    public void Dispose()
    {
        _context?.Dispose();
        _context = null;
    }
}
