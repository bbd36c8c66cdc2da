using System.Runtime.InteropServices;

namespace SmartService.Inference.Engine;

/// <summary>A sequence id and what its cells hold.</summary>
internal sealed class CachedSequence(int id)
{
    private readonly List<int> _tokens = [];
    private readonly List<int> _cells = [];

    public int Id => id;

    /// <summary>Tokens that are computed, by position.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>The cell of each position, in the numbering of <see cref="SequenceCache"/>.</summary>
    public ReadOnlySpan<int> CellsOfPositions => CollectionsMarshal.AsSpan(_cells);

    public int Length => _tokens.Count;

    /// <summary>Who computes on it; null: kept for later.</summary>
    public Generation? User { get; set; }

    /// <summary>Whose turn was computed, while it is kept.</summary>
    public string? Conversation { get; set; }

    /// <summary>When it was last used, in uses; the smallest goes first.</summary>
    public long LastUsed { get; set; }

    /// <summary>How much of it others took over. Worth more than the rest: system prompt, shop rules.</summary>
    public int SharedLength { get; set; }

    public void Add(int token, int cell)
    {
        _tokens.Add(token);
        _cells.Add(cell);
    }

    public void CutTo(int length)
    {
        CollectionsMarshal.SetCount(_tokens, length);
        CollectionsMarshal.SetCount(_cells, length);
        SharedLength = Math.Min(SharedLength, length);
    }

    public void Reset()
    {
        CutTo(0);
        (User, Conversation, LastUsed, SharedLength) = (null, null, 0, 0);
    }
}
