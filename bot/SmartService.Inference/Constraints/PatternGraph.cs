namespace SmartService.Inference.Constraints;

/// <summary>A nondeterministic automaton over code points, as a pattern is read; becomes a <see cref="CharacterAutomaton"/>.</summary>
internal sealed class PatternGraph
{
    private const int MaxNodes = 4_000;
    private const int MaxStates = 400;
    private const int MaxWork = 4_000_000;

    private readonly List<List<int>> _empty = [];
    private readonly List<List<((int First, int Last)[] On, int To)>> _edges = [];

    public PatternGraph() => (Start, Accept) = (Add(), Add());

    public int Start { get; }

    public int Accept { get; }

    public int Add()
    {
        if (_empty.Count >= MaxNodes)
        {
            throw new ShapeException("A pattern is too large: its repetitions make too many copies.");
        }

        _empty.Add([]);
        _edges.Add([]);
        return _empty.Count - 1;
    }

    public void Empty(int from, int to) => _empty[from].Add(to);

    public void Edge(int from, (int First, int Last)[] on, int to) => _edges[from].Add((on, to));

    /// <summary>A node after any characters.</summary>
    public int Any(int from)
    {
        var node = Add();
        Empty(from, node);
        Edge(node, CharacterClass.Writable, node);
        return node;
    }

    /// <summary>Subset construction over ranges of code points.</summary>
    /// <exception cref="ArgumentException">The pattern needs too many states.</exception>
    public CharacterAutomaton ToDeterministic()
    {
        var ids = new Dictionary<int[], int>(SetComparer.Instance);
        var sets = new List<int[]>();
        var edges = new List<(int First, int Last, int To)[]>();
        var work = 0;
        _ = StateOf([Start]);
        for (var state = 0; state < sets.Count; state++)
        {
            edges.Add([.. Edges(sets[state])]);
        }

        return CharacterAutomaton.Create([.. edges], [.. sets.Select(set => Array.BinarySearch(set, Accept) >= 0)]);

        int StateOf(List<int> nodes)
        {
            var set = Closure(nodes, ref work);
            if (ids.TryGetValue(set, out var id))
            {
                return id;
            }

            if (sets.Count >= MaxStates)
            {
                throw new ShapeException($"A pattern is too complicated: it needs more than {MaxStates} states.");
            }

            ids.Add(set, sets.Count);
            sets.Add(set);
            return sets.Count - 1;
        }

        IEnumerable<(int First, int Last, int To)> Edges(int[] set)
        {
            var cuts = new SortedSet<int>();
            var outgoing = new List<(int First, int Last, int To)>();
            foreach (var node in set)
            {
                foreach (var (on, to) in _edges[node])
                {
                    foreach (var (first, last) in on)
                    {
                        foreach (var (low, high) in CharacterClass.Writable)
                        {
                            var (begin, end) = (Math.Max(low, first), Math.Min(high, last));
                            if (begin <= end)
                            {
                                outgoing.Add((begin, end, to));
                                cuts.Add(begin);
                                cuts.Add(end + 1);
                            }
                        }
                    }
                }
            }

            int[] at = [.. cuts];
            for (var cut = 0; cut + 1 < at.Length; cut++)
            {
                Spend(ref work, outgoing.Count);
                var targets = new List<int>();
                foreach (var (first, last, to) in outgoing)
                {
                    if (first <= at[cut] && at[cut] <= last)
                    {
                        targets.Add(to);
                    }
                }

                if (targets.Count > 0)
                {
                    yield return (at[cut], at[cut + 1] - 1, StateOf(targets));
                }
            }
        }
    }

    private int[] Closure(List<int> nodes, ref int work)
    {
        var seen = new HashSet<int>();
        var open = new Stack<int>(nodes);
        while (open.TryPop(out var node))
        {
            if (seen.Add(node))
            {
                Spend(ref work, 1 + _empty[node].Count);
                foreach (var next in _empty[node])
                {
                    open.Push(next);
                }
            }
        }

        int[] set = [.. seen];
        Array.Sort(set);
        return set;
    }

    private static void Spend(ref int work, int cost)
    {
        work += cost;
        if (work > MaxWork)
        {
            throw new ShapeException("A pattern is too complicated.");
        }
    }

    private sealed class SetComparer : IEqualityComparer<int[]>
    {
        public static readonly SetComparer Instance = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = new HashCode();
            foreach (var item in obj)
            {
                hash.Add(item);
            }

            return hash.ToHashCode();
        }
    }
}
