namespace SmartService.Inference.Constraints;

/// <summary>
/// What may still come: the set of continuations, and whether the output may end. Steps and what was found out about the state are
/// remembered in it; everything that is remembered is the same whoever computes it.
/// </summary>
internal sealed class State(Automaton automaton, Continuation[] heads, bool canEnd)
{
    private const int Unknown = -2;

    // 16 pages of 16 steps. A state between two tokens of a long string is never stepped from: it has none.
    private State?[]?[]? _pages;
    private int _only = Unknown;
    private State? _alike;

    public Continuation[] Heads => heads;

    public bool CanEnd => canEnd;

    public bool IsDead => ReferenceEquals(this, automaton.Dead);

    /// <summary>Nothing may follow.</summary>
    public bool IsFinal => heads.Length == 0;

    /// <summary>The allowed tokens, one bit each; null: not computed yet.</summary>
    public ulong[]? Mask { get; set; }

    /// <summary>The text that must come; null: not computed yet.</summary>
    public FixedText? Fixed { get; set; }

    /// <summary>The options to be scored here; null: not computed yet.</summary>
    public OptionSet? Options { get; set; }

    /// <summary>Inside the content of a string, at any place.</summary>
    public bool IsInString => heads is [{ Head: FreeStringNode or PatternStringNode }];

    /// <summary>All bytes may come and nothing changes with them.</summary>
    public bool IsPlainText => heads is [{ Head: FreeTextNode { IsPlain: true }, Rest: null }];

    /// <summary>The closed choice that begins here, if nothing else may come.</summary>
    public LiteralSet? Choice => !canEnd && heads is [{ Head: LiteralSetNode { At: 0 } node }] ? node.Set : null;

    /// <summary>The state after the <see cref="Choice"/>, whichever option it was.</summary>
    public State AfterChoice => automaton.AfterHead(this);

    /// <summary>The only byte that may come (0 to 255), the only control token (256 plus token), or -1.</summary>
    public int Only => _only == Unknown ? _only = automaton.OnlyOf(this) : _only;

    public State Step(byte value) =>
        Volatile.Read(ref _pages) is { } pages && Volatile.Read(ref pages[value >> 4]) is { } page && Volatile.Read(ref page[value & 15]) is { } next
        ? next
        : heads.Length == 0 ? automaton.Dead : automaton.Compute(this, value);

    public State Step(ReadOnlySpan<byte> text)
    {
        var state = this;
        foreach (var value in text)
        {
            state = state.Step(value);
            if (state.IsDead)
            {
                break;
            }
        }

        return state;
    }

    public State StepControl(int token)
    {
        foreach (var head in heads)
        {
            if (((Terminal)head.Head).Control == token)
            {
                return automaton.ComputeControl(this, token);
            }
        }

        return automaton.Dead;
    }

    /// <summary>A state at which the same tokens of at most <paramref name="reach"/> characters are allowed: long strings share one.</summary>
    public State Alike(int reach)
    {
        if (_alike is { } known)
        {
            return known;
        }

        var alike = this;
        if (heads is [{ Head: FreeStringNode node }])
        {
            alike = automaton.AlikeOf(this, node, reach);
        }

        return _alike = alike;
    }

    /// <summary>Like <see cref="Step(ReadOnlySpan{byte})"/> for one token of at most <paramref name="reach"/> characters: inside a long string no state is made for each byte.</summary>
    public State StepToken(ReadOnlySpan<byte> token, int reach)
    {
        var alike = Alike(reach);
        if (ReferenceEquals(alike, this))
        {
            return Step(token);
        }

        var (here, there) = ((FreeStringNode)heads[0].Head, (FreeStringNode)alike.Heads[0].Head);
        return alike.Step(token) is { Heads: [{ Head: FreeStringNode end, Rest: var rest }] } && ReferenceEquals(end.Language, here.Language) && ReferenceEquals(rest, heads[0].Rest)
            ? automaton.WithHead(this, here.Language, here.Count + end.Count - there.Count, end.Position)
            : Step(token);
    }

    /// <summary>Between two characters of a string that no token of at most <paramref name="reach"/> characters fills.</summary>
    public bool HasRoom(int reach) =>
        heads is [{ Head: FreeStringNode { Position: Position.Character } node }] && node.Language.Most - node.Count >= reach;

    /// <summary>Called under the automaton's lock.</summary>
    internal void Remember(byte value, State next)
    {
        var pages = _pages ?? new State?[]?[16];
        var page = pages[value >> 4] ?? new State?[16];
        Volatile.Write(ref page[value & 15], next);
        Volatile.Write(ref pages[value >> 4], page);
        Volatile.Write(ref _pages, pages);
    }
}
