using System.Runtime.InteropServices;

namespace SmartService.Inference.Engine;

/// <summary>What one decode shall compute, and for whom. Reused from step to step.</summary>
internal sealed class StepPlan
{
    private readonly List<PlanEntry> _entries = [];
    private readonly List<int> _tokens = [];

    public ReadOnlySpan<PlanEntry> Entries => CollectionsMarshal.AsSpan(_entries);

    public bool IsEmpty => _entries.Count == 0;

    public int TokenCount { get; private set; }

    public int Outputs { get; private set; }

    /// <summary>Tokens whose rows nobody reads.</summary>
    public int PromptTokens => TokenCount - Outputs;

    /// <summary>The one request that all entries belong to, or null.</summary>
    public Generation? OnlyOwner => _entries.Count > 0 && _entries.TrueForAll(entry => entry.Owner == _entries[0].Owner) ? _entries[0].Owner : null;

    public void Clear()
    {
        _entries.Clear();
        _tokens.Clear();
        (TokenCount, Outputs) = (0, 0);
    }

    public ReadOnlySpan<int> TokensOf(PlanEntry entry) => CollectionsMarshal.AsSpan(_tokens).Slice(entry.Offset, entry.Count);

    /// <remarks>
    /// <paramref name="outputs"/>: how many of the last tokens want logits.
    /// <paramref name="drafts"/>: how many of the last tokens are guesses.
    /// <paramref name="option"/>: the option of a choice that is scored, or -1.
    /// </remarks>
    public void Add(Generation owner, CachedSequence sequence, ReadOnlySpan<int> tokens, int outputs, int drafts = 0, int option = -1)
    {
        _entries.Add(new(owner, sequence, _tokens.Count, tokens.Length, outputs, drafts, option));
        _tokens.AddRange(tokens);
        TokenCount += tokens.Length;
        Outputs += outputs;
    }

    public void Fill(DecodeBatch batch)
    {
        batch.Clear();
        foreach (ref var entry in CollectionsMarshal.AsSpan(_entries))
        {
            Fill(batch, ref entry);
        }
    }

    /// <summary>Fills the batch with one entry, for computing one after the other.</summary>
    public PlanEntry FillWith(int index, DecodeBatch batch)
    {
        batch.Clear();
        ref var entry = ref CollectionsMarshal.AsSpan(_entries)[index];
        Fill(batch, ref entry);
        return entry;
    }

    /// <summary>Leaves out all guesses. False: there were none.</summary>
    public bool DropDrafts()
    {
        var dropped = 0;
        foreach (ref var entry in CollectionsMarshal.AsSpan(_entries))
        {
            dropped += entry.Drafts;
            entry = entry with { Count = entry.Count - entry.Drafts, Outputs = entry.Outputs - entry.Drafts, Drafts = 0 };
        }

        TokenCount -= dropped;
        Outputs -= dropped;
        return dropped > 0;
    }

    public void Remove(Generation owner)
    {
        _entries.RemoveAll(entry => entry.Owner == owner);
        Recount();
    }

    /// <summary>Halves the last entry that has more than one token, or takes the last one out if there are several. False: one token is left.</summary>
    public bool Shrink()
    {
        var at = _entries.FindLastIndex(entry => entry.Count > 1);
        if (at >= 0)
        {
            // The end of the entry goes, and with it the rows that were wanted of it; a scored option wants all that are left.
            var entry = _entries[at];
            var count = entry.Count / 2;
            _entries[at] = entry with { Count = count, Outputs = entry.Option >= 0 ? count : 0, Drafts = 0 };
        }
        else if (_entries.Count > 1)
        {
            _entries.RemoveAt(_entries.Count - 1);
        }
        else
        {
            return false;
        }

        Recount();
        return true;
    }

    private void Fill(DecodeBatch batch, ref PlanEntry entry)
    {
        entry = entry with { FirstRow = batch.Count };
        for (var at = 0; at < entry.Count; at++)
        {
            batch.Add(_tokens[entry.Offset + at], entry.Sequence.Length + at, entry.Sequence.Id, at >= entry.Count - entry.Outputs);
        }
    }

    private void Recount() => (TokenCount, Outputs) = (_entries.Sum(entry => entry.Count), _entries.Sum(entry => entry.Outputs));
}

/// <summary>Tokens for one sequence.</summary>
/// <remarks>
/// <paramref name="Outputs"/>: how many of the last ones want logits.
/// <paramref name="Drafts"/>: how many of the last ones are guesses.
/// <paramref name="Option"/>: the option that is scored on a copy, or -1.
/// <paramref name="FirstRow"/>: where they are in the batch.
/// </remarks>
internal readonly record struct PlanEntry(
    Generation Owner, CachedSequence Sequence, int Offset, int Count, int Outputs, int Drafts, int Option, int FirstRow = 0);
