using System.Collections.Concurrent;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Embeddings;

/// <summary>
/// Collects the texts of many callers into passes over one <see cref="IEncoder"/>, in turns with the chat: one pass per step. While the
/// chat works a pass is as small as <see cref="EncoderQueueOptions.BusyTarget"/>, else as large as the encoder takes it.
/// </summary>
/// <remarks>
/// The texts of a pass are taken one caller after the other, whoever was served longest ago first, so a call with ten thousand texts delays
/// nobody by more than a pass. Texts are not sorted by length: llama.cpp pads nothing, a pass costs what its tokens cost.
/// </remarks>
internal sealed class EncoderQueue : IStepSource
{
    // Of four passes the urgent calls fill three first and the others one, so that neither starves.
    private const int OrdinaryFirstEvery = 4;
    private const int SmallestPass = 16;

    // Where texts can be split, the first sequences are kept for the one that is and the one that follows it.
    private const int SplitSequences = 2;

    private readonly Func<IEncoder> _recreate;
    private readonly InferenceThread _thread;
    private readonly EncoderQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<bool> _isChatBusy;
    private readonly ConcurrentQueue<EncoderJob> _inbox = new();
    private readonly List<EncoderJob> _jobs = [];
    private readonly List<(EncoderPiece Piece, EncoderJob Job, int Text)> _taken = [];
    private readonly List<EncoderPiece> _pieces = [];
    private IEncoder? _encoder;
    private Unfinished? _unfinished;
    private volatile ModelUnavailableException? _problem;
    private int _splitSequence;
    private double _secondsPerToken;
    private long _steps;
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

    public bool HasWork => !_inbox.IsEmpty || _jobs.Count > 0;

    /// <summary>One result per text, in order. A call is taken whole as long as less than the limit waits.</summary>
    /// <param name="texts">Tokens, each 1 to <see cref="MaxTokens"/>.</param>
    /// <param name="isUrgent">Somebody waits: before calls that are not.</param>
    /// <param name="cancellationToken">Leaves the queue; a pass that runs already is not interrupted.</param>
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

        var job = new EncoderJob(texts, isUrgent);
        Account(job, job.Tokens);
        try
        {
            await using var registration = cancellationToken.Register(() => job.Cancel(cancellationToken));
            _inbox.Enqueue(job);
            _thread.Wake();
            if (_problem is { } problem)
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
        if (_problem is { } problem)
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

        if (_encoder is null)
        {
            FailAll(_problem ?? new ModelUnavailableException("The encoder was closed."));
            return;
        }

        _jobs.RemoveAll(static job => job.HasEnded);
        if (_unfinished is { Job.HasEnded: true })
        {
            _unfinished = null;
            _encoder.Clear();
        }

        Fill(_encoder, Budget(_encoder));
        if (_taken.Count > 0)
        {
            Run(_encoder);
        }

        _jobs.RemoveAll(static job => job.HasEnded || (job.Next == job.Texts.Length && !job.HasUnfinished));
    }

    /// <summary>Fails what waits and disposes the encoder. Only on the inference thread, or when it has ended.</summary>
    public void Close()
    {
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

    private void Fill(IEncoder encoder, int budget)
    {
        _taken.Clear();
        _steps++;
        var room = budget;
        var mostTexts = encoder.CanSplit ? encoder.MaxTexts - SplitSequences : encoder.MaxTexts;
        var ordinaryFirst = _steps % OrdinaryFirstEvery == 0;
        // A long text that nobody waits for lets urgent ones pass between its pieces.
        var unfinished = _unfinished;
        var mayPass = unfinished is { Job.IsUrgent: false } && !ordinaryFirst && _jobs.Exists(static job => job.IsUrgent && job.Next < job.Texts.Length);
        if (unfinished is not null && !mayPass)
        {
            room -= Take(unfinished.Job, unfinished.Text, unfinished.Done, room);
        }

        _jobs.Sort((one, other) => one.IsUrgent != other.IsUrgent
            ? (one.IsUrgent == ordinaryFirst ? 1 : -1)
            : one.Served != other.Served ? one.Served.CompareTo(other.Served) : one.Number.CompareTo(other.Number));
        for (var took = true; took && room > 0 && _taken.Count < mostTexts;)
        {
            took = false;
            foreach (var job in _jobs)
            {
                if (job.HasEnded || job.Next == job.Texts.Length || _taken.Count >= mostTexts || (mayPass && !job.IsUrgent))
                {
                    continue;
                }

                var length = job.Texts[job.Next].Length;
                // The first text of a pass goes whatever its length: otherwise a long one would wait for ever.
                if (length <= room || (_taken.Count == 0 && !encoder.CanSplit))
                {
                    room -= Take(job, job.Next++, 0, length);
                    took = true;
                }
                else if (encoder.CanSplit && _unfinished is null && room > 0)
                {
                    room -= Take(job, job.Next++, 0, room);
                    took = true;
                }
            }
        }

        if (unfinished is not null && mayPass && room > 0)
        {
            Take(unfinished.Job, unfinished.Text, unfinished.Done, room);
        }
    }

    private int Take(EncoderJob job, int text, int start, int most)
    {
        var tokens = job.Texts[text];
        var count = Math.Min(tokens.Length - start, most);
        var piece = new EncoderPiece(_splitSequence, tokens, start, count);
        if (!piece.Ends || (_unfinished is { } unfinished && unfinished.Job == job && unfinished.Text == text))
        {
            _unfinished = piece.Ends ? null : new Unfinished(job, text, start + count);
            job.HasUnfinished = !piece.Ends;
            // The next text that is split may begin in the pass in which this one ends.
            _splitSequence = piece.Ends ? 1 - _splitSequence : _splitSequence;
        }

        job.Served = _steps;
        _taken.Add((piece, job, text));
        return count;
    }

    private void Run(IEncoder encoder)
    {
        var sequence = encoder.CanSplit ? SplitSequences : 0;
        _pieces.Clear();
        foreach (var (piece, _, _) in _taken)
        {
            var isWhole = piece.Start == 0 && piece.Ends;
            _pieces.Add(isWhole ? piece with { Sequence = sequence++ } : piece);
        }

        var results = new float[]?[_pieces.Count];
        var started = _time.GetTimestamp();
        var status = Encode(encoder, _pieces, results);
        var elapsed = _time.GetElapsedTime(started);
        var tokens = _pieces.Sum(static piece => piece.Count);
        EncoderTelemetry.Pass(tokens, _pieces.Count, elapsed);
        switch (status)
        {
            case DecodeStatus.Ok:
                Measure(elapsed.TotalSeconds / tokens);
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

    private void Measure(double secondsPerToken) =>
        Volatile.Write(ref _secondsPerToken, _secondsPerToken > 0 ? (_secondsPerToken * 0.8) + (secondsPerToken * 0.2) : secondsPerToken);

    private void HandOut(float[]?[] results)
    {
        for (var at = 0; at < results.Length; at++)
        {
            var (piece, job, text) = _taken[at];
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
        Forget();
        foreach (var (piece, job, text) in _taken)
        {
            job.HasUnfinished = false;
            var results = new float[]?[1];
            if (piece.Tokens.Length > encoder.BatchTokens || Encode(encoder, [new EncoderPiece(0, piece.Tokens, 0, piece.Tokens.Length)], results) != DecodeStatus.Ok)
            {
                encoder.Clear();
                job.Fail(new ModelUnavailableException($"The model refused a text of {piece.Tokens.Length} tokens."));
                continue;
            }

            Finish(job, text, results[0]);
        }
    }

    // What the encoder had of a text that is in pieces is lost: it begins again, unless it was in this pass and is dealt with there.
    private void Forget() => _unfinished = _unfinished is { } unfinished && !_taken.Exists(taken => taken.Job == unfinished.Job && taken.Text == unfinished.Text)
        ? unfinished with { Done = 0 }
        : null;

    private static DecodeStatus Encode(IEncoder encoder, List<EncoderPiece> pieces, float[]?[] results)
    {
        try
        {
            return encoder.Encode(pieces, results);
        }
        catch (ArgumentException)
        {
            return DecodeStatus.Invalid;
        }
    }

    private void Recreate(IEncoder encoder)
    {
        foreach (var (_, job, _) in _taken)
        {
            job.Fail(new ModelUnavailableException("The model's context broke while it computed; it was made again."));
        }

        Forget();
        _encoder = null;
        encoder.Dispose();
        try
        {
            _encoder = _recreate();
        }
        catch (Exception exception)
        {
            _problem = exception as ModelUnavailableException ?? new ModelUnavailableException("The model's context broke and could not be made again.", exception);
            FailAll(_problem);
        }
    }

    private void FailAll(ModelUnavailableException problem)
    {
        foreach (var job in _jobs)
        {
            job.Fail(problem);
        }

        _jobs.Clear();
        _unfinished = null;
    }

    private sealed record Unfinished(EncoderJob Job, int Text, int Done);
}

/// <summary>Limits of an <see cref="EncoderQueue"/>.</summary>
internal sealed record EncoderQueueOptions
{
    /// <summary>How long a pass may take while the chat works: about one step of the chat.</summary>
    public TimeSpan BusyTarget { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How long a pass may take otherwise: what a chat request that comes just then waits at most.</summary>
    public TimeSpan IdleTarget { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Calls are refused while this many tokens wait.</summary>
    public int MaxWaitingTokens { get; init; } = 200_000;
}
