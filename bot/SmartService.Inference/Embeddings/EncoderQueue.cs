using System.Collections.Concurrent;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Embeddings;

/// <summary>
/// Collects the texts of many callers into passes over one <see cref="IEncoder"/>, in turns with the chat: one pass per step. While the
/// chat works a pass is as small as <see cref="EncoderQueueOptions.BusyTarget"/>, else as large as the encoder takes it.
/// </summary>
internal sealed class EncoderQueue : IStepSource
{
    private const int SmallestPass = 16;

    // As the chat's context: a want of memory may pass, and trying costs a second or two.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Func<IEncoder> _recreate;
    private readonly InferenceThread _thread;
    private readonly EncoderQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isChatBusy;
    private readonly ConcurrentQueue<EncoderJob> _inbox = new();
    private readonly List<EncoderJob> _jobs = [];
    private readonly EncoderPass _pass = new();
    private IEncoder? _encoder;
    private volatile ModelUnavailableException? _problem;
    private volatile bool _isClosed;
    private long _failedAt;
    private long _passes;
    private double _seconds;
    private double _tokens;
    private double _secondsPerToken;
    private long _urgentTokens;
    private long _ordinaryTokens;

    /// <param name="encoder">Used and disposed on <paramref name="thread"/>.</param>
    /// <param name="recreate">Makes another encoder after one broke; called on <paramref name="thread"/>.</param>
    /// <param name="thread">Where the steps run; the caller adds this queue to it.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">Measures the passes.</param>
    /// <param name="isChatBusy">Whether the chat has something to compute; asked on <paramref name="thread"/>. Null: there is no chat.</param>
    public EncoderQueue(
        IEncoder encoder, Func<IEncoder> recreate, InferenceThread thread, EncoderQueueOptions options, TimeProvider time, Func<bool>? isChatBusy = null)
    {
        (_encoder, _recreate, _thread, _options, _time, _isChatBusy) = (encoder, recreate, thread, options, time, isChatBusy ?? (() => false));
        (MaxTokens, Width) = (encoder.MaxTokens, encoder.Width);
    }

    public int MaxTokens { get; }

    public int Width { get; }

    /// <summary>Tokens that wait or are being computed. From any thread.</summary>
    public long WaitingTokens => Interlocked.Read(ref _urgentTokens) + Interlocked.Read(ref _ordinaryTokens);

    /// <summary>Passes over the encoder, refused ones included. From any thread.</summary>
    public long Passes => Interlocked.Read(ref _passes);

    /// <summary>Why nothing can be computed now, in one sentence, or null. From any thread.</summary>
    public string? Problem => _problem?.Message;

    /// <summary>Whether the encoder is gone for good, or broke so recently that making one is not tried again.</summary>
    private bool IsGivenUp => _problem is not null && (_isClosed || _time.GetElapsedTime(Interlocked.Read(ref _failedAt)) < RetryAfter);

    public bool HasWork => !_inbox.IsEmpty || _jobs.Count > 0;

    /// <summary>One result per text, in order. A call is taken whole as long as less than the limit waits.</summary>
    /// <param name="texts">Tokens, each 1 to <see cref="MaxTokens"/>.</param>
    /// <param name="isUrgent">Somebody waits: before calls that are not.</param>
    /// <param name="cancellationToken">Leaves the queue; a pass that runs already is not interrupted.</param>
    /// <exception cref="ArgumentException">A text has no token, or too many.</exception>
    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">The encoder broke and could not be made again, or gave no finite numbers.</exception>
    public async Task<float[][]> RunAsync(int[][] texts, bool isUrgent, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFull(isUrgent);
        if (texts.Length == 0)
        {
            return [];
        }

        if (Array.Exists(texts, text => text.Length < 1 || text.Length > MaxTokens))
        {
            throw new ArgumentException($"A text must have 1 to {MaxTokens} tokens.", nameof(texts));
        }

        var job = new EncoderJob(texts, isUrgent);
        Account(job, job.Tokens);
        try
        {
            await using var registration = cancellationToken.Register(() => job.Cancel(cancellationToken));
            _inbox.Enqueue(job);
            if (!_thread.Wake())
            {
                job.Fail(new ModelUnavailableException("The local model is being closed."));
            }
            else if (_problem is { } problem && IsGivenUp)
            {
                job.Fail(problem);
            }

            return await job.Results;
        }
        finally
        {
            Account(job, -job.Tokens);
        }
    }

    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">The encoder broke and could not be made again.</exception>
    public void ThrowIfFull(bool isUrgent)
    {
        if (_problem is { } problem && IsGivenUp)
        {
            throw new ModelUnavailableException(problem.Message, problem);
        }

        // Urgent calls overtake the others, so those cannot fill the queue for them.
        var waiting = isUrgent ? Interlocked.Read(ref _urgentTokens) : WaitingTokens;
        if (waiting >= _options.MaxWaitingTokens)
        {
            var seconds = Math.Clamp(waiting * Volatile.Read(ref _secondsPerToken), 1, 600);
            throw new ModelSaturatedException($"{waiting} tokens wait to be embedded or scored, the limit is {_options.MaxWaitingTokens}.")
            {
                RetryAfter = TimeSpan.FromSeconds(seconds),
            };
        }
    }

    public void Step()
    {
        while (_inbox.TryDequeue(out var job))
        {
            job.Served = -1;
            _jobs.Add(job);
        }

        if (_encoder is null && !TryRenew())
        {
            FailAll(_problem ?? new ModelUnavailableException("The encoder was closed."));
            return;
        }

        Step(_encoder!);
    }

    private void Step(IEncoder encoder)
    {
        _jobs.RemoveAll(static job => job.HasEnded);
        if (_pass.HasGivenUp)
        {
            _pass.Reset();
            encoder.Clear();
        }

        _pass.Fill(_jobs, encoder, Budget(encoder));
        if (_pass.Taken.Count > 0)
        {
            Run(encoder);
        }

        _jobs.RemoveAll(static job => job.HasEnded || (job.Next == job.Texts.Length && !job.HasUnfinished));
    }

    /// <summary>Fails what waits and disposes the encoder. Only on the inference thread, or when it has ended.</summary>
    public void Close()
    {
        _isClosed = true;
        _problem ??= new ModelUnavailableException("The local model is being closed.");
        while (_inbox.TryDequeue(out var job))
        {
            _jobs.Add(job);
        }

        FailAll(_problem);
        _encoder?.Dispose();
        _encoder = null;
    }

    /// <summary>The most tokens of the next pass, by the measured speed of the last ones.</summary>
    private int Budget(IEncoder encoder)
    {
        var target = _isChatBusy() ? _options.BusyTarget : _options.IdleTarget;
        return _secondsPerToken > 0
            ? Math.Clamp((int)Math.Min(target.TotalSeconds / _secondsPerToken, int.MaxValue), Math.Min(SmallestPass, encoder.BatchTokens), encoder.BatchTokens)
            : Math.Min(encoder.BatchTokens, 128);
    }

    private void Run(IEncoder encoder)
    {
        var pieces = _pass.Pieces;
        var results = new float[]?[pieces.Count];
        var started = _time.GetTimestamp();
        var status = Encode(encoder, pieces, results);
        var elapsed = _time.GetElapsedTime(started);
        var tokens = pieces.Sum(static piece => piece.Count);
        EncoderTelemetry.Pass(tokens, pieces.Count, elapsed);
        switch (status)
        {
            case DecodeStatus.Ok:
                Measure(elapsed.TotalSeconds, tokens);
                HandOut(results);
                break;
            case DecodeStatus.Failed:
                Recreate(encoder);
                break;
            default:
                OneByOne(encoder);
                break;
        }
    }

    private void Account(EncoderJob job, long tokens) => Interlocked.Add(ref job.IsUrgent ? ref _urgentTokens : ref _ordinaryTokens, tokens);

    // Both sums fade by a fifth per pass, so that a pass of a few tokens, which costs little more than the call, says little.
    private void Measure(double seconds, int tokens)
    {
        _seconds = (_seconds * 0.8) + seconds;
        _tokens = (_tokens * 0.8) + tokens;
        Volatile.Write(ref _secondsPerToken, _seconds / _tokens);
    }

    private void HandOut(float[]?[] results)
    {
        for (var at = 0; at < results.Length; at++)
        {
            var (piece, job, text) = _pass.Taken[at];
            if (piece.Ends)
            {
                Finish(job, text, results[at]);
            }
        }
    }

    private static void Finish(EncoderJob job, int text, float[]? result)
    {
        if (result is null || result.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            job.Fail(new ModelUnavailableException("The model gave numbers that are not finite for a text; the file is probably damaged."));
            return;
        }

        job.Set(text, result);
    }

    // A pass was refused, which changes nothing: find whose text it was, so that only that call fails.
    private void OneByOne(IEncoder encoder)
    {
        encoder.Clear();
        _pass.Forget();
        foreach (var (piece, job, text) in _pass.Taken)
        {
            job.HasUnfinished = false;
            var results = new float[]?[1];
            var status = piece.Tokens.Length > encoder.BatchTokens
                ? DecodeStatus.Invalid
                : Encode(encoder, [new EncoderPiece(0, piece.Tokens, 0, piece.Tokens.Length)], results);
            if (status == DecodeStatus.Failed)
            {
                Recreate(encoder);
                return;
            }

            if (status != DecodeStatus.Ok)
            {
                encoder.Clear();
                job.Fail(new ModelUnavailableException($"The model refused a text of {piece.Tokens.Length} tokens."));
                continue;
            }

            Finish(job, text, results[0]);
        }
    }

    private DecodeStatus Encode(IEncoder encoder, IReadOnlyList<EncoderPiece> pieces, float[]?[] results)
    {
        Interlocked.Increment(ref _passes);
        try
        {
            return encoder.Encode(pieces, results);
        }
        catch (ArgumentException)
        {
            return DecodeStatus.Invalid;
        }
        catch (Exception)
        {
            // Of native code, or of reading what it left: nothing is known of the context any more.
            return DecodeStatus.Failed;
        }
    }

    private void Recreate(IEncoder encoder)
    {
        foreach (var (_, job, _) in _pass.Taken)
        {
            job.Fail(new ModelUnavailableException("The model's context broke while it computed; it was made again."));
        }

        _pass.Forget();
        _encoder = null;
        if (!TryRenew(encoder))
        {
            FailAll(_problem!);
        }
    }

    private bool TryRenew(IEncoder? broken = null)
    {
        if (_isClosed || IsGivenUp)
        {
            return false;
        }

        try
        {
            broken?.Dispose();
            _encoder = _recreate();
            _problem = null;
            return true;
        }
        catch (Exception exception)
        {
            Interlocked.Exchange(ref _failedAt, _time.GetTimestamp());
            _problem = exception as ModelUnavailableException ?? new ModelUnavailableException("The model's context broke and could not be made again.", exception);
            return false;
        }
    }

    private void FailAll(ModelUnavailableException problem)
    {
        foreach (var job in _jobs)
        {
            job.Fail(problem);
        }

        _jobs.Clear();
        _pass.Reset();
    }
}
