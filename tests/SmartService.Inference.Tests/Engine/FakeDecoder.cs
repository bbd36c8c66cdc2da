using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Engine;

/// <summary>
/// A decoder with a cache like the native one's: one pool of cells that sequences share, a batch that has no room changes nothing, an
/// interrupted one leaves a part. Checks what the native one would answer with an abort.
/// </summary>
internal sealed class FakeDecoder(FakeModel model) : IDecoder
{
    private readonly Dictionary<int, List<Cell>> _sequences = [];
    private readonly HashSet<int> _rows = [];
    private readonly List<(ulong Hash, int Last, int BeforeLast)> _prefixes = [];
    private float[][] _logits = [];
    private volatile bool _isAborted;

    public Vocabulary Vocabulary => model.Vocabulary;

    public int Cells { get; init; } = 4096;

    public int ContextTokens { get; init; } = 4096;

    public int BatchTokens { get; init; } = 256;

    public int MaxOutputs { get; init; } = 64;

    public int MaxSequences { get; init; } = 64;

    public bool CanTrim { get; init; } = true;

    public bool IsDisposed { get; private set; }

    public bool IsAbortAsked => _isAborted;

    /// <summary>Called before each decode; anything but Ok is what it returns.</summary>
    public Func<DecodeBatch, DecodeStatus>? Before { get; set; }

    /// <summary>How many tokens of the batch an interrupted decode leaves behind.</summary>
    public Func<int, int> LeftBehind { get; set; } = count => count / 2;

    /// <summary>Whether the end of this sequence cannot be taken out, although the model's usually can.</summary>
    public Func<int, bool> RefusesTrim { get; set; } = _ => false;

    /// <summary>Called when an interruption is asked for, before it takes effect.</summary>
    public Action? BeforeAbort { get; set; }

    /// <summary>Changes rows after they were made.</summary>
    public Action<float[]>? Spoil { get; set; }

    public long DecodedTokens { get; private set; }

    public int Decodes { get; private set; }

    public int UsedCells => _sequences.Values.SelectMany(cells => cells).Distinct().Count();

    public int UsedSequences => _sequences.Values.Count(cells => cells.Count > 0);

    public DecodeStatus Decode(DecodeBatch batch)
    {
        Assert.False(IsDisposed);
        Check(batch);
        var status = Before?.Invoke(batch) ?? DecodeStatus.Ok;
        if (status == DecodeStatus.Ok && _isAborted)
        {
            status = DecodeStatus.Aborted;
        }

        if (status is DecodeStatus.Invalid or DecodeStatus.Failed or DecodeStatus.NoRoom)
        {
            return status;
        }

        var count = status == DecodeStatus.Aborted ? Math.Clamp(LeftBehind(batch.Count), 0, batch.Count) : batch.Count;
        if (UsedCells + batch.Count > Cells)
        {
            return DecodeStatus.NoRoom;
        }

        _rows.Clear();
        _prefixes.Clear();
        for (var row = 0; row < count; row++)
        {
            Append(batch, row);
        }

        (Decodes, DecodedTokens) = (Decodes + 1, DecodedTokens + count);
        if (status == DecodeStatus.Aborted)
        {
            _rows.Clear();
        }

        return status;
    }

    public Span<float> Logits(int row)
    {
        Assert.Contains(row, _rows);
        if (_logits.Length <= row)
        {
            Array.Resize(ref _logits, row + 1);
        }

        var logits = _logits[row] ??= new float[Vocabulary.Count];
        var (hash, last, beforeLast) = _prefixes[row];
        model.Fill(hash, last, beforeLast, logits);
        Spoil?.Invoke(logits);
        return logits;
    }

    public void Copy(int from, int to, int start, int end)
    {
        Assert.InRange(to, 0, MaxSequences - 1);
        Assert.Equal(0, start);
        Assert.InRange(end, 1, Of(from).Count);
        Assert.Empty(Of(to));
        Assert.True(CanTrim || end == Of(from).Count, "a part of a state that cannot be cut");
        Of(to).AddRange(Of(from)[..end]);
    }

    public bool Remove(int sequence, int start, int end)
    {
        Assert.InRange(sequence, 0, MaxSequences - 1);
        Assert.Equal(-1, end);
        var cells = Of(sequence);
        if (start > 0 && start < cells.Count && (!CanTrim || RefusesTrim(sequence)))
        {
            return false;
        }

        cells.RemoveRange(Math.Min(start, cells.Count), cells.Count - Math.Min(start, cells.Count));
        return true;
    }

    public int LastPosition(int sequence) => Of(sequence).Count - 1;

    public void Clear() => _sequences.Clear();

    public void Abort()
    {
        BeforeAbort?.Invoke();
        _isAborted = true;
    }

    public void ResetAbort() => _isAborted = false;

    public void Dispose()
    {
        // Its cells are gone with it.
        _sequences.Clear();
        IsDisposed = true;
    }

    private void Check(DecodeBatch batch)
    {
        Assert.InRange(batch.Count, 1, BatchTokens);
        Assert.InRange(batch.Outputs, 0, MaxOutputs);
        var next = new Dictionary<int, int>();
        for (var row = 0; row < batch.Count; row++)
        {
            var sequence = batch.Sequences[row];
            Assert.InRange(sequence, 0, MaxSequences - 1);
            Assert.InRange(batch.Tokens[row], 0, Vocabulary.Count - 1);
            Assert.InRange(batch.Positions[row], 0, ContextTokens - 1);
            Assert.Equal(next.GetValueOrDefault(sequence, Of(sequence).Count), batch.Positions[row]);
            next[sequence] = batch.Positions[row] + 1;
        }
    }

    private void Append(DecodeBatch batch, int row)
    {
        var cells = Of(batch.Sequences[row]);
        var token = batch.Tokens[row];
        var before = cells.Count > 0 ? cells[^1] : null;
        cells.Add(new(token, FakeModel.Extend(before?.Hash ?? 0, token)));
        _prefixes.Add((cells[^1].Hash, token, before?.Token ?? -1));
        if (batch.WantsLogits[row])
        {
            _rows.Add(row);
        }
    }

    private List<Cell> Of(int sequence) => _sequences.TryGetValue(sequence, out var cells) ? cells : _sequences[sequence] = [];

    /// <summary>Compared by reference: a cell that two sequences share is one.</summary>
    private sealed class Cell(int token, ulong hash)
    {
        public int Token => token;

        public ulong Hash => hash;
    }
}
