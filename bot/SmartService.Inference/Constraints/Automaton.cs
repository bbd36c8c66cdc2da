using System.Runtime.InteropServices;

namespace SmartService.Inference.Constraints;

/// <summary>
/// Runs a shape over bytes: an automaton with a stack, whose states (the sets of what may still come) are made when they are first
/// reached and then shared by all requests with that shape. Thread-safe: nodes are only asked under the lock, and a step that was
/// taken before takes none.
/// <para>
/// No state is a dead end: every continuation in it can be completed within <see cref="MaxNesting"/>.
/// </para>
/// </summary>
internal sealed class Automaton
{
    /// <summary>The deepest JSON that is written; <c>System.Text.Json</c> reads 64 levels.</summary>
    public const int MaxNesting = 32;

    // Ambiguous schemas (anyOf of lists of themselves) double their continuations with each level. Dropping some narrows the
    // language and nothing else, since each can be completed alone.
    private const int MaxContinuations = 64;

    // Some 600 bytes each. Past it the tables start afresh; requests that are under way keep theirs.
    private const int MaxStates = 8_000;

    // 19 KB each for a vocabulary of 150,000.
    private const int MaxMasks = 32;

    private readonly Lock _gate = new();
    private readonly Node _root;
    private readonly Dictionary<(Node Head, Continuation? Tail), Continuation> _continuations = [];
    private readonly Dictionary<State, State> _states = new(StateComparer.Instance);
    private readonly HashSet<Continuation> _seen = [];
    private readonly Stack<Continuation?> _open = [];
    private readonly Queue<State> _masked = new();
    private int _ids;
    private volatile State _start;

    public Automaton(Node root)
    {
        _root = root;
        Dead = new State(this, [], canEnd: false);
        _start = Dead;
        Restart();
    }

    public State Start => _start;

    /// <summary>Where a byte leads that may not come.</summary>
    public State Dead { get; }

    /// <summary>Whether the bytes are an output of this shape.</summary>
    public bool Accepts(ReadOnlySpan<byte> text)
    {
        var state = _start;
        foreach (var value in text)
        {
            state = state.Step(value);
        }

        return state.CanEnd;
    }

    internal State Compute(State from, byte value)
    {
        lock (_gate)
        {
            if (_states.Count > MaxStates)
            {
                Restart();
            }

            _open.Clear();
            for (var at = from.Heads.Length - 1; at >= 0; at--)
            {
                var head = from.Heads[at];
                if (((Terminal)head.Head).After(value) is { } rest)
                {
                    _open.Push(Then(rest, head.Rest));
                }
            }

            var next = _open.Count == 0 ? Dead : Expand();
            from.Remember(value, next);
            return next;
        }
    }

    internal State ComputeControl(State from, int token)
    {
        lock (_gate)
        {
            _open.Clear();
            for (var at = from.Heads.Length - 1; at >= 0; at--)
            {
                var (head, rest) = (from.Heads[at].Head, from.Heads[at].Rest);
                if (head is ControlNode control && control.Control == token)
                {
                    _open.Push(rest);
                }
                else if (head is FreeTextNode text && text.Control == token)
                {
                    _open.Push(Then(text.AfterControl, rest));
                }
            }

            return _open.Count == 0 ? Dead : Expand();
        }
    }

    /// <summary>Remembers the tokens that a state allows, and forgets those of the state that was asked about longest ago.</summary>
    internal void Keep(State state, ulong[] mask)
    {
        lock (_gate)
        {
            state.Mask = mask;
            _masked.Enqueue(state);
            if (_masked.Count > MaxMasks)
            {
                _masked.Dequeue().Mask = null;
            }
        }
    }

    /// <summary>The state after the whole of the only continuation's first node.</summary>
    internal State AfterHead(State state)
    {
        lock (_gate)
        {
            _open.Clear();
            _open.Push(state.Heads[0].Rest);
            return Expand();
        }
    }

    /// <summary>The state whose only continuation is in another place of its string.</summary>
    internal State WithHead(State state, FreeString language, int count, Position position)
    {
        lock (_gate)
        {
            _open.Clear();
            _open.Push(Then(language.At(count, position), state.Heads[0].Rest));
            return Expand();
        }
    }

    /// <inheritdoc cref="FreeString.Alike"/>
    internal State AlikeOf(State state, FreeStringNode node, int reach)
    {
        lock (_gate)
        {
            var alike = node.Language.Alike(node, reach);
            return ReferenceEquals(alike, node) ? state : WithHead(state, alike.Language, alike.Count, alike.Position);
        }
    }

    /// <inheritdoc cref="State.Only"/>
    internal int OnlyOf(State state)
    {
        lock (_gate)
        {
            var set = new ByteSet();
            var control = -1;
            foreach (var head in state.Heads)
            {
                var terminal = (Terminal)head.Head;
                terminal.First(ref set);
                if (terminal.Control >= 0 && control >= 0 && control != terminal.Control)
                {
                    return -1;
                }

                control = Math.Max(control, terminal.Control);
            }

            return control < 0 ? set.Single : set.IsEmpty ? 256 + control : -1;
        }
    }

    private void Restart()
    {
        _continuations.Clear();
        _states.Clear();
        _open.Clear();
        _open.Push(Then(_root, null));
        _start = Expand();
    }

    private Continuation Then(Node head, Continuation? rest)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_continuations, (head, rest), out _);
        return slot ??= new Continuation(head, rest, _ids++);
    }

    // Turns what is open into continuations that begin with a byte; null stands for the end of the output.
    private State Expand()
    {
        var heads = new List<Continuation>();
        var canEnd = false;
        _seen.Clear();
        while (_open.TryPop(out var open))
        {
            if (open is null)
            {
                canEnd = true;
                continue;
            }

            if (!_seen.Add(open))
            {
                continue;
            }

            switch (open.Head)
            {
                case Terminal terminal:
                    heads.Add(open);
                    if (terminal.CanStop)
                    {
                        _open.Push(open.Rest);
                    }

                    break;
                case SequenceNode sequence:
                    var rest = open.Rest;
                    for (var at = sequence.Parts.Length - 1; at >= 0; at--)
                    {
                        rest = Then(sequence.Parts[at], rest);
                    }

                    _open.Push(rest);
                    break;
                case AlternativeNode alternative:
                    for (var at = alternative.Options.Length - 1; at >= 0; at--)
                    {
                        PushIfPossible(alternative.Options[at], open.Rest, open.Rest);
                    }

                    break;
                case RepeatNode repeat:
                    if (repeat.Least == 0)
                    {
                        _open.Push(open.Rest);
                    }

                    if (repeat.Most > 0)
                    {
                        PushIfPossible(repeat.Item, Then(repeat.Rest, open.Rest), open.Rest);
                    }

                    break;
                case NestNode nest:
                    _open.Push(Then(nest.Inner, Then(nest.End, open.Rest)));
                    break;
                case ReferenceNode reference:
                    _open.Push(Then(reference.Target!, open.Rest));
                    break;
                default:
                    _open.Push(open.Rest);
                    break;
            }
        }

        if (heads.Count > MaxContinuations)
        {
            heads.RemoveRange(MaxContinuations, heads.Count - MaxContinuations);
        }

        heads.Sort(static (left, right) => left.Id.CompareTo(right.Id));
        var state = new State(this, [.. heads], canEnd);
        if (!_states.TryAdd(state, state))
        {
            state = _states[state];
        }

        return state;
    }

    private void PushIfPossible(Node node, Continuation? rest, Continuation? outside)
    {
        if (node.Nesting + (outside?.Depth ?? 0) <= MaxNesting)
        {
            _open.Push(Then(node, rest));
        }
    }

    private sealed class StateComparer : IEqualityComparer<State>
    {
        public static readonly StateComparer Instance = new();

        public bool Equals(State? x, State? y) => x!.CanEnd == y!.CanEnd && x.Heads.AsSpan().SequenceEqual(y.Heads);

        public int GetHashCode(State obj)
        {
            var hash = new HashCode();
            hash.Add(obj.CanEnd);
            foreach (var head in obj.Heads)
            {
                hash.Add(head.Id);
            }

            return hash.ToHashCode();
        }
    }
}

/// <summary>A node and what comes after it. Equal ones are one object.</summary>
internal sealed class Continuation
{
    public Continuation(Node head, Continuation? rest, int id)
    {
        (Head, Rest, Id) = (head, rest, id);
        Depth = (rest?.Depth ?? 0) + (head is NestEndNode end ? end.Levels : 0);
    }

    public Node Head { get; }

    public Continuation? Rest { get; }

    public int Id { get; }

    /// <summary>The JSON levels that are open.</summary>
    public int Depth { get; }
}
