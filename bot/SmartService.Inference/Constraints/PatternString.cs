namespace SmartService.Inference.Constraints;

/// <summary>
/// The content of a JSON string that an automaton accepts, with its length in code points between two limits, and its closing
/// quotation mark. Written in one way only: characters stand for themselves, short escapes only where JSON demands one.
/// </summary>
internal sealed class PatternString
{
    private const int AnyTail = -1;

    private readonly CharacterAutomaton _automaton;
    private readonly Node _empty;

    // [state, n]: the least length of at least n that is accepted from the state, capped at _most; _none if there is none.
    private readonly ushort[] _lengths;
    private readonly int _least;
    private readonly int _most;
    private readonly ushort _none;
    private readonly Dictionary<(int State, int Count, int Partial, int Left), PatternStringNode> _nodes = [];

    /// <exception cref="ArgumentException">No string of that length is accepted.</exception>
    public PatternString(CharacterAutomaton automaton, int least, int most, Node empty)
    {
        (_automaton, _least, _most, _empty) = (automaton, least, most, empty);
        _none = (ushort)(most + 1);
        _lengths = new ushort[automaton.States * (most + 1)];
        FindLengths();
        if (!IsPossible(0, 0))
        {
            throw new ShapeException($"No string of {least} to {most} characters matches a pattern.");
        }
    }

    public PatternStringNode Root => Node(0, 0, 0, 0);

    public void First(PatternStringNode node, ref ByteSet set)
    {
        for (var value = 0; value < 256; value++)
        {
            if (After(node, (byte)value) is not null)
            {
                set.Add((byte)value);
            }
        }
    }

    public Node? After(PatternStringNode node, byte value)
    {
        if (node.Left > 0)
        {
            return AfterTail(node, value);
        }

        if (node.Left < 0)
        {
            var escaped = value switch
            {
                (byte)'b' => '\b', (byte)'f' => '\f', (byte)'n' => '\n', (byte)'r' => '\r', (byte)'t' => '\t', (byte)'"' or (byte)'\\' => value, _ => -1,
            };
            return escaped < 0 ? null : Step(node, escaped);
        }

        return value switch
        {
            (byte)'"' => _automaton.Accepts(node.State) && node.Count >= _least ? _empty : null,
            (byte)'\\' => HasEscape(node) ? Node(node.State, node.Count, 0, -1) : null,
            < 0x20 => null,
            < 0x80 => Step(node, value),
            < 0xC2 => null,
            < 0xE0 => Tail(node, value & 0x1F, 1),
            < 0xF0 => Tail(node, value & 0x0F, 2),
            < 0xF5 => Tail(node, value & 0x07, 3),
            _ => null,
        };
    }

    private PatternStringNode? AfterTail(PatternStringNode node, byte value)
    {
        // A leading E0 or F0 leaves nothing of the code point; these second bytes would make an overlong form.
        var first = node is { Partial: 0, Left: 2 } ? 0xA0 : node is { Partial: 0, Left: 3 } ? 0x90 : 0x80;
        if (value < first || value > 0xBF)
        {
            return null;
        }

        return node.Partial != AnyTail ? Tail(node, (node.Partial << 6) | (value & 0x3F), node.Left - 1)
            : node.Left == 1 ? Node(node.State, node.Count + 1, 0, 0)
            : Node(node.State, node.Count, AnyTail, node.Left - 1);
    }

    private PatternStringNode? Tail(PatternStringNode node, int partial, int left)
    {
        if (left == 0)
        {
            return Step(node, partial);
        }

        // The code points that can still come of this.
        var first = partial << (6 * left);
        var last = first + (1 << (6 * left)) - 1;
        var shortest = left == 1 ? 0x80 : left == 2 ? 0x800 : 0x10000;
        foreach (var (low, high, to) in _automaton.Edges(node.State))
        {
            if (low > last || high < (partial == 0 ? shortest : first) || !IsPossible(to, node.Count + 1))
            {
                continue;
            }

            // All of them lead to one state: which bytes follow makes no difference any more.
            return partial != 0 && low <= first && last <= high ? Node(to, node.Count, AnyTail, left) : Node(node.State, node.Count, partial, left);
        }

        return null;
    }

    private PatternStringNode? Step(PatternStringNode node, int character)
    {
        var next = _automaton.Next(node.State, character);
        return next >= 0 && IsPossible(next, node.Count + 1) ? Node(next, node.Count + 1, 0, 0) : null;
    }

    private bool HasEscape(PatternStringNode node)
    {
        foreach (var character in "\b\f\n\r\t\"\\")
        {
            if (Step(node, character) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsPossible(int state, int count)
    {
        if (count > _most)
        {
            return false;
        }

        var length = _lengths[(state * (_most + 1)) + Math.Max(0, _least - count)];
        return length != _none && length <= _most - count;
    }

    private void FindLengths()
    {
        var width = _most + 1;
        for (var length = 0; length < width; length++)
        {
            for (var state = 0; state < _automaton.States; state++)
            {
                // First: whether exactly this length is accepted.
                var isAccepted = length == 0 ? _automaton.Accepts(state) : false;
                foreach (var (_, _, to) in _automaton.Edges(state))
                {
                    isAccepted |= length > 0 && _lengths[(to * width) + length - 1] == length - 1;
                }

                _lengths[(state * width) + length] = isAccepted ? (ushort)length : _none;
            }
        }

        for (var state = 0; state < _automaton.States; state++)
        {
            for (var length = width - 2; length >= 0; length--)
            {
                ref var slot = ref _lengths[(state * width) + length];
                slot = slot == _none ? _lengths[(state * width) + length + 1] : slot;
            }
        }
    }

    private PatternStringNode Node(int state, int count, int partial, int left)
    {
        var key = (state, count, partial, left);
        if (!_nodes.TryGetValue(key, out var node))
        {
            node = new PatternStringNode(this, state, count, partial, left);
            _nodes.Add(key, node);
        }

        return node;
    }
}

/// <summary>
/// The rest of a string. <paramref name="left"/>: bytes that the character begun still needs, with <paramref name="partial"/> of its
/// code point read (-1: it does not matter, and <paramref name="state"/> is the one after the character); -1: after a backslash.
/// </summary>
internal sealed class PatternStringNode(PatternString language, int state, int count, int partial, int left) : Terminal
{
    public int State => state;

    public int Count => count;

    public int Partial => partial;

    public int Left => left;

    public override void First(ref ByteSet set) => language.First(this, ref set);

    public override Node? After(byte value) => language.After(this, value);
}
