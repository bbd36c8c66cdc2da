namespace SmartService.Inference.Embeddings;

/// <summary>Chooses the texts of the next pass from the calls that wait.</summary>
/// <remarks>
/// One text of each caller after the other, whoever was served longest ago first, so a call with ten thousand texts delays nobody by more
/// than a pass. Texts are not sorted by length: llama.cpp pads nothing, a pass costs what its tokens cost.
/// </remarks>
internal sealed class EncoderPass
{
    // Of four passes the urgent calls fill three first and the others one, so that neither starves.
    private const int OrdinaryFirstEvery = 4;

    // Where texts can be split, the first sequences are kept for the one that is and the one that follows it.
    private const int SplitSequences = 2;

    private readonly List<(EncoderPiece Piece, EncoderJob Job, int Text)> _taken = [];
    private readonly List<EncoderPiece> _pieces = [];
    private Unfinished? _unfinished;
    private int _splitSequence;
    private long _number;

    /// <summary>What was taken last, with whose it is; the pieces' sequences are those of <see cref="Pieces"/>.</summary>
    public IReadOnlyList<(EncoderPiece Piece, EncoderJob Job, int Text)> Taken => _taken;

    /// <summary>The same for the encoder.</summary>
    public IReadOnlyList<EncoderPiece> Pieces => _pieces;

    /// <summary>Whether nobody wants the text any more of which the encoder has a part.</summary>
    public bool HasGivenUp => _unfinished is { Job.HasEnded: true };

    public void Reset() => _unfinished = null;

    /// <summary>
    /// What the encoder had of a text in pieces is lost: it begins again, unless it was in this pass; then the caller deals with it.
    /// </summary>
    public void Forget() => _unfinished = _unfinished is { } unfinished && !_taken.Exists(taken => taken.Job == unfinished.Job && taken.Text == unfinished.Text)
        ? unfinished with { Done = 0 }
        : null;

    /// <param name="jobs">Put in order of their turns.</param>
    /// <param name="encoder">Its limits.</param>
    /// <param name="room">The most tokens, except for a single text that is longer and cannot be split.</param>
    public void Fill(List<EncoderJob> jobs, IEncoder encoder, int room)
    {
        _taken.Clear();
        _number++;
        var ordinaryFirst = _number % OrdinaryFirstEvery == 0;
        // A long text that nobody waits for lets urgent ones pass between its pieces.
        var unfinished = _unfinished;
        var lettingPass = unfinished is { Job.IsUrgent: false } && !ordinaryFirst && jobs.Exists(static job => job.IsUrgent && job.Next < job.Texts.Length);
        if (unfinished is not null && !lettingPass)
        {
            room -= Take(unfinished.Job, unfinished.Text, unfinished.Done, room);
        }

        jobs.Sort((one, other) => one.IsUrgent != other.IsUrgent
            ? (one.IsUrgent == ordinaryFirst ? 1 : -1)
            : one.Served != other.Served ? one.Served.CompareTo(other.Served) : one.Number.CompareTo(other.Number));
        room = FillFrom(lettingPass ? jobs.Where(static job => job.IsUrgent) : jobs, encoder, room);
        if (unfinished is not null && lettingPass && room > 0)
        {
            Take(unfinished.Job, unfinished.Text, unfinished.Done, room);
        }

        var sequence = encoder.CanSplit ? SplitSequences : 0;
        _pieces.Clear();
        foreach (var (piece, _, _) in _taken)
        {
            var isWhole = piece.Start == 0 && piece.Ends;
            _pieces.Add(isWhole ? piece with { Sequence = sequence++ } : piece);
        }
    }

    private int FillFrom(IEnumerable<EncoderJob> jobs, IEncoder encoder, int room)
    {
        var mostTexts = encoder.CanSplit ? encoder.MaxTexts - SplitSequences : encoder.MaxTexts;
        for (var took = true; took && room > 0;)
        {
            took = false;
            foreach (var job in jobs)
            {
                if (job.HasEnded || job.Next == job.Texts.Length)
                {
                    continue;
                }

                var length = job.Texts[job.Next].Length;
                // The first text of a pass goes whatever its length: otherwise a long one would wait for ever.
                var takes = length <= room || (_taken.Count == 0 && !encoder.CanSplit) ? length
                    : encoder.CanSplit && _unfinished is null ? room
                    : 0;
                if (takes > 0)
                {
                    room -= Take(job, job.Next++, 0, takes);
                    took = true;
                }

                if (_taken.Count >= mostTexts)
                {
                    return room;
                }
            }
        }

        return room;
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

        job.Served = _number;
        _taken.Add((piece, job, text));
        return count;
    }

    private sealed record Unfinished(EncoderJob Job, int Text, int Done);
}
