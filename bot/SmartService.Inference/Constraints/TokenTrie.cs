using System.Buffers.Binary;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Constraints;

/// <summary>
/// All tokens of a vocabulary that have text, as a tree of bytes in one array (each node before its children), so that a question
/// about all tokens visits only what the answer depends on. End and control tokens are not in it.
/// </summary>
internal sealed class TokenTrie
{
    private readonly byte[] _values;
    private readonly ushort[] _depths;

    // Where the node's subtree ends, and its first token; its own tokens come before those of its children.
    private readonly int[] _ends;
    private readonly int[] _firsts;
    private readonly int[] _tokens;

    // The node's whole subtree is content of a string, when the token begins between two characters.
    private readonly bool[] _isContent;

    public TokenTrie(Vocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        _tokens = Sorted(vocabulary);
        var (values, depths, firsts) = (new List<byte>(), new List<ushort>(), new List<int>());
        ReadOnlySpan<byte> previous = [];
        for (var at = 0; at < _tokens.Length; at++)
        {
            var bytes = vocabulary.Bytes(_tokens[at]);
            for (var depth = previous.CommonPrefixLength(bytes); depth < bytes.Length; depth++)
            {
                values.Add(bytes[depth]);
                depths.Add((ushort)(depth + 1));
                firsts.Add(at);
            }

            previous = bytes;
            LongestBytes = Math.Max(LongestBytes, bytes.Length);
        }

        firsts.Add(_tokens.Length);
        (_values, _depths, _firsts) = ([.. values], [.. depths], [.. firsts]);
        _isContent = FindContent();
        _ends = new int[_values.Length];
        var open = new Stack<int>();
        for (var node = 0; node < _values.Length; node++)
        {
            while (open.TryPeek(out var last) && _depths[last] >= _depths[node])
            {
                _ends[open.Pop()] = node;
            }

            open.Push(node);
        }

        while (open.TryPop(out var rest))
        {
            _ends[rest] = _values.Length;
        }
    }

    public Vocabulary Vocabulary { get; }

    /// <summary>Bytes of the longest token, and so more than the characters of any.</summary>
    public int LongestBytes { get; }

    /// <summary>Sets the bits of the tokens that the state allows and that have at least <paramref name="least"/> bytes.</summary>
    public void Allowed(State state, int least, Span<ulong> mask)
    {
        var path = new State[LongestBytes + 1];
        path[0] = state;
        var hasRoom = least <= 1 && state.HasRoom(LongestBytes);
        for (var node = 0; node < _values.Length;)
        {
            if (hasRoom && _isContent[node])
            {
                Mark(_firsts[node], _firsts[_ends[node]], mask);
                node = _ends[node];
                continue;
            }

            var depth = _depths[node];
            var next = path[depth - 1].Step(_values[node]);
            if (next.IsDead)
            {
                node = _ends[node];
                continue;
            }

            if (next.IsPlainText && depth >= least)
            {
                Mark(_firsts[node], _firsts[_ends[node]], mask);
                node = _ends[node];
                continue;
            }

            if (depth >= least)
            {
                Mark(_firsts[node], _firsts[node + 1], mask);
            }

            path[depth] = next;
            node++;
        }
    }

    /// <summary>Whether the state allows a token that begins with the bytes and is longer.</summary>
    public bool HasLonger(State state, ReadOnlySpan<byte> bytes)
    {
        if (Find(bytes) is not (>= 0 and var top))
        {
            return false;
        }

        var path = new State[LongestBytes + 1];
        path[bytes.Length] = state.Step(bytes);
        for (var node = top + 1; node < _ends[top];)
        {
            var depth = _depths[node];
            var next = path[depth - 1].Step(_values[node]);
            if (next.IsDead)
            {
                node = _ends[node];
            }
            else if (_firsts[node + 1] > _firsts[node])
            {
                return true;
            }
            else
            {
                path[depth] = next;
                node++;
            }
        }

        return false;
    }

    /// <summary>Spells bytes with the longest tokens, from left to right; for pieces that are no text of their own.</summary>
    /// <returns>False: the vocabulary has no token for one of the bytes.</returns>
    public bool Spell(ReadOnlySpan<byte> bytes, List<int> into)
    {
        while (!bytes.IsEmpty)
        {
            var (token, length) = (-1, 0);
            var (from, to) = (0, _values.Length);
            for (var depth = 0; depth < bytes.Length; depth++)
            {
                var node = Child(from, to, bytes[depth]);
                if (node < 0)
                {
                    break;
                }

                if (_firsts[node + 1] > _firsts[node])
                {
                    (token, length) = (_tokens[_firsts[node]], depth + 1);
                }

                (from, to) = (node + 1, _ends[node]);
            }

            if (token < 0)
            {
                return false;
            }

            into.Add(token);
            bytes = bytes[length..];
        }

        return true;
    }

    private bool[] FindContent()
    {
        var isContent = new bool[_values.Length];
        var parents = new int[_values.Length];
        var path = new Node?[LongestBytes + 1];
        var last = new int[LongestBytes + 1];
        path[0] = new FreeString(0, LongestBytes, new Nodes().Empty).Root;
        last[0] = -1;
        for (var node = 0; node < _values.Length; node++)
        {
            var depth = _depths[node];
            path[depth] = (path[depth - 1] as FreeStringNode)?.After(_values[node]);
            isContent[node] = path[depth] is FreeStringNode;
            (parents[node], last[depth]) = (last[depth - 1], node);
        }

        // A node comes before its children.
        for (var node = _values.Length - 1; node >= 0; node--)
        {
            if (!isContent[node] && parents[node] >= 0)
            {
                isContent[parents[node]] = false;
            }
        }

        return isContent;
    }

    private int Find(ReadOnlySpan<byte> bytes)
    {
        var (node, from, to) = (-1, 0, _values.Length);
        foreach (var value in bytes)
        {
            node = Child(from, to, value);
            if (node < 0)
            {
                return -1;
            }

            (from, to) = (node + 1, _ends[node]);
        }

        return node;
    }

    private int Child(int from, int to, byte value)
    {
        while (from < to && _values[from] < value)
        {
            from = _ends[from];
        }

        return from < to && _values[from] == value ? from : -1;
    }

    private void Mark(int from, int to, Span<ulong> mask)
    {
        for (; from < to; from++)
        {
            mask[_tokens[from] >> 6] |= 1UL << _tokens[from];
        }
    }

    // By their first eight bytes, and only among equals by the rest: 150,000 comparisons of spans would take ten times as long.
    private static int[] Sorted(Vocabulary vocabulary)
    {
        var tokens = new List<int>(vocabulary.Count);
        var keys = new List<ulong>(vocabulary.Count);
        Span<byte> head = stackalloc byte[8];
        for (var token = 0; token < vocabulary.Count; token++)
        {
            var bytes = vocabulary.Bytes(token);
            if (bytes.IsEmpty || bytes.Length > ushort.MaxValue || vocabulary.IsControl(token) || vocabulary.IsEnd(token))
            {
                continue;
            }

            head.Clear();
            bytes[..Math.Min(8, bytes.Length)].CopyTo(head);
            tokens.Add(token);
            keys.Add(BinaryPrimitives.ReadUInt64BigEndian(head));
        }

        var (sorted, order) = (tokens.ToArray(), keys.ToArray());
        Array.Sort(order, sorted);
        for (var from = 0; from < sorted.Length;)
        {
            var to = from + 1;
            while (to < sorted.Length && order[to] == order[from])
            {
                to++;
            }

            sorted.AsSpan(from, to - from).Sort((left, right) =>
                vocabulary.Bytes(left).SequenceCompareTo(vocabulary.Bytes(right)) is var compared and not 0 ? compared : left.CompareTo(right));
            from = to;
        }

        return sorted;
    }
}
