namespace SmartService.Inference.Constraints;

/// <summary>A deterministic automaton over code points. State 0 is the beginning; -1 stands for no state.</summary>
internal sealed class CharacterAutomaton
{
    private readonly (int First, int Last, int To)[][] _edges;
    private readonly bool[] _accepts;

    private CharacterAutomaton((int First, int Last, int To)[][] edges, bool[] accepts) => (_edges, _accepts) = (edges, accepts);

    public int States => _edges.Length;

    public ReadOnlySpan<(int First, int Last, int To)> Edges(int state) => _edges[state];

    public bool Accepts(int state) => _accepts[state];

    /// <summary>Merges neighbouring edges to one target.</summary>
    public static CharacterAutomaton Create((int First, int Last, int To)[][] edges, bool[] accepts)
    {
        for (var state = 0; state < edges.Length; state++)
        {
            var merged = new List<(int First, int Last, int To)>();
            foreach (var edge in edges[state])
            {
                if (merged.Count > 0 && merged[^1].To == edge.To && merged[^1].Last + 1 == edge.First)
                {
                    merged[^1] = merged[^1] with { Last = edge.Last };
                }
                else
                {
                    merged.Add(edge);
                }
            }

            edges[state] = [.. merged];
        }

        return new CharacterAutomaton(edges, accepts);
    }

    /// <summary>All strings but these: the names that further properties of an object must not have.</summary>
    public static CharacterAutomaton AllBut(IEnumerable<string> texts)
    {
        var children = new List<SortedDictionary<int, int>> { new() };
        var isText = new List<bool> { false };
        foreach (var text in texts)
        {
            var state = 0;
            foreach (var rune in text.EnumerateRunes())
            {
                if (!children[state].TryGetValue(rune.Value, out var next))
                {
                    next = children.Count;
                    children[state].Add(rune.Value, next);
                    children.Add(new());
                    isText.Add(false);
                }

                state = next;
            }

            isText[state] = true;
        }

        var other = children.Count;
        var edges = children.Select(EdgesOf).Append([.. CharacterClass.Writable.Select(range => (range.First, range.Last, other))]);
        return Create([.. edges], [.. isText.Select(value => !value), true]);

        (int, int, int)[] EdgesOf(SortedDictionary<int, int> named)
        {
            var result = new List<(int, int, int)>();
            foreach (var (first, last) in CharacterClass.Writable)
            {
                var next = first;
                foreach (var (value, to) in named)
                {
                    if (value < first || value > last)
                    {
                        continue;
                    }

                    if (value > next)
                    {
                        result.Add((next, value - 1, other));
                    }

                    result.Add((value, value, to));
                    next = value + 1;
                }

                if (next <= last)
                {
                    result.Add((next, last, other));
                }
            }

            return [.. result];
        }
    }

    public int Next(int state, int character)
    {
        var edges = _edges[state];
        var (from, to) = (0, edges.Length);
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (edges[middle].Last < character)
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return from < edges.Length && edges[from].First <= character ? edges[from].To : -1;
    }

    public bool IsMatch(string text)
    {
        var state = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            state = Next(state, rune.Value);
            if (state < 0)
            {
                return false;
            }
        }

        return Accepts(state);
    }
}
