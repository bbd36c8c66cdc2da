namespace SmartService.Inference.Engine;

/// <summary>
/// Which sequence holds which computed tokens. Every sequence, running or kept, is a source: a new prompt takes over the longest
/// prefix that any of them has. Finding it compares the prompt with each sequence, vectorised: 64 sequences of 2,000 tokens take
/// 30 µs, and there is no tree that could disagree with the cells. Cells are counted as the decoder counts them: one that is shared is one.
/// </summary>
internal sealed class SequenceCache
{
    private readonly IDecoder _decoder;
    private readonly int _maxRetained;
    private readonly List<CachedSequence> _used = [];
    private readonly Stack<CachedSequence> _free = [];
    private readonly List<int> _references = [];
    private readonly Stack<int> _freeCells = [];
    private readonly List<int> _marks = [];
    private int _mark;
    private int _evictions;
    private long _uses;

    public SequenceCache(IDecoder decoder, double retainedShare)
    {
        _decoder = decoder;
        _maxRetained = (int)(decoder.Cells * Math.Clamp(retainedShare, 0, 1));
        for (var id = decoder.MaxSequences - 1; id >= 0; id--)
        {
            _free.Push(new(id));
        }
    }

    public int UsedCells { get; private set; }

    /// <summary>Kept sequences that made room since this was last asked.</summary>
    public int TakeEvictions() => Interlocked.Exchange(ref _evictions, 0);

    /// <summary>Cells that hold nothing or could at once: all but those of sequences in use.</summary>
    public int AvailableCells => _decoder.Cells - Held(used: true);

    /// <summary>A sequence with nothing in it; makes room for it among those that nobody uses. Null when all are in use.</summary>
    public CachedSequence? Take(Generation user)
    {
        if (_free.Count == 0 && Oldest() is { } oldest)
        {
            _evictions++;
            Release(oldest);
        }

        if (!_free.TryPop(out var sequence))
        {
            return null;
        }

        sequence.User = user;
        _used.Add(sequence);
        return sequence;
    }

    /// <summary>
    /// As <see cref="Take"/>, for a copy that lives for a moment; leaves one id so that a request always finds one.
    /// </summary>
    public CachedSequence? TakeSpare(Generation user) => _free.Count + _used.Count(sequence => sequence.User is null) > 1 || _used.Count(sequence => sequence.User == user) == 1 ? Take(user) : null;

    /// <summary>Whether there is an id without taking it from this sequence.</summary>
    public bool HasSpareBeside(CachedSequence source) => _free.Count > 0 || _used.Exists(sequence => sequence.User is null && sequence != source);

    public void Touch(CachedSequence sequence) => sequence.LastUsed = ++_uses;

    /// <summary>The sequence that has the longest prefix of the tokens, always leaving one to compute.</summary>
    public (CachedSequence? Source, int Length) Find(ReadOnlySpan<int> tokens, CachedSequence? except = null)
    {
        var (source, best) = ((CachedSequence?)null, 0);
        foreach (var sequence in _used)
        {
            if (sequence != except && sequence.Length > 0 && Usable(sequence, tokens) is var length && (length > best || (length == best && length > 0 && sequence.User is null && source?.User is not null)))
            {
                (source, best) = (sequence, length);
            }
        }

        return (source, best);
    }

    /// <summary>Lets an empty sequence share the beginning of another.</summary>
    /// <remarks><paramref name="isLasting"/>: whether the shared part is worth keeping for others.</remarks>
    public void Share(CachedSequence from, CachedSequence to, int length, bool isLasting = true)
    {
        _decoder.Copy(from.Id, to.Id, 0, length);
        for (var at = 0; at < length; at++)
        {
            var cell = from.CellsOfPositions[at];
            _references[cell]++;
            to.Add(from.Tokens[at], cell);
        }

        if (isLasting)
        {
            (from.SharedLength, to.SharedLength) = (Math.Max(from.SharedLength, length), length);
        }

        from.LastUsed = to.LastUsed = ++_uses;
    }

    /// <summary>A sequence that nobody uses becomes somebody's, cut to what is of use. False: it cannot be cut.</summary>
    public bool TakeOver(CachedSequence idle, Generation user, int length)
    {
        if (!Trim(idle, length))
        {
            return false;
        }

        (idle.User, idle.Conversation, idle.LastUsed) = (user, null, ++_uses);
        return true;
    }

    /// <summary>Notes what a decode added.</summary>
    public void Extend(CachedSequence sequence, ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if (!_freeCells.TryPop(out var cell))
            {
                cell = _references.Count;
                _references.Add(0);
                _marks.Add(0);
            }

            _references[cell] = 1;
            UsedCells++;
            sequence.Add(token, cell);
        }
    }

    /// <summary>Removes the end of a sequence. False: the model's cache cannot, nothing changed.</summary>
    public bool Trim(CachedSequence sequence, int length)
    {
        if (length >= sequence.Length)
        {
            return true;
        }

        if ((length > 0 && !_decoder.CanTrim) || !_decoder.Remove(sequence.Id, length, -1))
        {
            return false;
        }

        Forget(sequence, length);
        return true;
    }

    /// <summary>Empties a sequence and gives its id back.</summary>
    public void Release(CachedSequence sequence)
    {
        _decoder.Remove(sequence.Id, 0, -1);
        Forget(sequence, 0);
        sequence.Reset();
        _used.Remove(sequence);
        _free.Push(sequence);
    }

    /// <summary>
    /// Keeps what was computed for later: the conversation's next turn continues it, and others may share its beginning. An older
    /// one of the same conversation goes.
    /// </summary>
    public void Retain(CachedSequence sequence, string? conversation)
    {
        if (sequence.Length == 0 || _maxRetained == 0)
        {
            Release(sequence);
            return;
        }

        if (conversation is not null && _used.Find(other => other.User is null && other.Conversation == conversation) is { } older)
        {
            Release(older);
        }

        (sequence.User, sequence.Conversation, sequence.LastUsed) = (null, conversation, ++_uses);
        while (Held(used: false) > _maxRetained && EvictOne())
        {
        }
    }

    /// <summary>
    /// Frees cells of the sequence that was not used for longest: first the end that nobody shared, then the rest. False: none is idle.
    /// </summary>
    public bool EvictOne()
    {
        if (Oldest() is not { } oldest)
        {
            return false;
        }

        _evictions++;
        var shared = oldest.SharedLength;
        if (shared > 0 && shared < oldest.Length && Find(oldest.Tokens[..shared], oldest).Length < shared - 1 && Trim(oldest, shared))
        {
            // The shared beginning was worth more than this sequence's own age says; it is young once.
            (oldest.LastUsed, oldest.SharedLength, oldest.Conversation) = (++_uses, 0, null);
            return true;
        }

        Release(oldest);
        return true;
    }

    /// <summary>After an interrupted decode: takes the decoder's word for what a sequence holds.</summary>
    /// <remarks><paramref name="planned"/>: the tokens that were being added.</remarks>
    public void Reconcile(CachedSequence sequence, ReadOnlySpan<int> planned)
    {
        var length = _decoder.LastPosition(sequence.Id) + 1;
        if (length > sequence.Length)
        {
            Extend(sequence, planned[..Math.Min(planned.Length, length - sequence.Length)]);
        }
        else if (length < sequence.Length)
        {
            Forget(sequence, length);
        }
    }

    private int Usable(CachedSequence sequence, ReadOnlySpan<int> tokens)
    {
        var common = Math.Min(tokens[..^1].CommonPrefixLength(sequence.Tokens), sequence.Length);
        return _decoder.CanTrim || common == sequence.Length ? common : 0;
    }

    private CachedSequence? Oldest()
    {
        CachedSequence? oldest = null;
        foreach (var sequence in _used)
        {
            oldest = sequence.User is null && (oldest is null || sequence.LastUsed < oldest.LastUsed) ? sequence : oldest;
        }

        return oldest;
    }

    /// <summary>Distinct cells of the sequences that are in use, or of the others that are in none in use.</summary>
    private int Held(bool used)
    {
        var inUse = Count(++_mark, sequence => sequence.User is not null);
        return used ? inUse : UsedCells - inUse;
    }

    private int Count(int mark, Func<CachedSequence, bool> which)
    {
        var count = 0;
        foreach (var sequence in _used)
        {
            if (!which(sequence))
            {
                continue;
            }

            foreach (var cell in sequence.CellsOfPositions)
            {
                if (_marks[cell] != mark)
                {
                    _marks[cell] = mark;
                    count++;
                }
            }
        }

        return count;
    }

    private void Forget(CachedSequence sequence, int length)
    {
        foreach (var cell in sequence.CellsOfPositions[length..])
        {
            if (--_references[cell] == 0)
            {
                UsedCells--;
                _freeCells.Push(cell);
            }
        }

        sequence.CutTo(length);
    }
}
