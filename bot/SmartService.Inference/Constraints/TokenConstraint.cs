using SmartService.Inference.Engine;

namespace SmartService.Inference.Constraints;

/// <summary>Follows an <see cref="Automaton"/> token by token.</summary>
internal sealed class TokenConstraint(Automaton automaton, TokenTrie trie) : ITokenConstraint
{
    private readonly Vocabulary _vocabulary = trie.Vocabulary;
    private State _state = automaton.Start;

    // Fixed bytes that the next token must cover (FixedText).
    private int _held;
    private bool _ended;

    public bool IsComplete => _ended || (_state.CanEnd && _state.IsFinal);

    public bool CanEnd => _state.CanEnd;

    public bool Forced(List<int> into)
    {
        if (_held > 0 || _ended)
        {
            return false;
        }

        var hasFed = false;
        while (true)
        {
            var text = _state.Fixed ??= FixedText.Of(_state, trie);
            into.AddRange(text.Tokens);
            (_state, _held) = (text.End, text.Held);
            if (text.Tokens.Length == 0 || _held > 0)
            {
                return hasFed || text.Tokens.Length > 0;
            }

            hasFed = true;
        }
    }

    public IReadOnlyList<int[]>? Options
    {
        get
        {
            if (_held > 0)
            {
                var held = FixedText.BytesOf(_state);
                if (held.Length < _held)
                {
                    return null;
                }

                // Kept in the state in which the options begin: how much is held depends on the state alone.
                return (_state.Options ??= OptionSet.Of(_state, held.AsSpan(0, _held), trie)).Tokens;
            }

            return _state.Choice is null || _ended ? null : (_state.Options ??= OptionSet.Of(_state, [], trie)).Tokens;
        }
    }

    public void Choose(int option)
    {
        foreach (var token in Options![option])
        {
            Accept(token);
        }
    }

    public bool Allows(int token)
    {
        if (_ended || _vocabulary.IsEnd(token))
        {
            return false;
        }

        if (_vocabulary.IsControl(token))
        {
            return _held == 0 && !_state.StepControl(token).IsDead;
        }

        var bytes = _vocabulary.Bytes(token);
        return bytes.Length >= Math.Max(1, _held) && (_state.IsPlainText || !_state.Alike(trie.LongestBytes).Step(bytes).IsDead);
    }

    public void Mask(Span<bool> mask)
    {
        mask.Clear();
        if (_ended)
        {
            return;
        }

        var state = _state.Alike(trie.LongestBytes);
        var bits = _held == 0 ? state.Mask : null;
        if (bits is null)
        {
            bits = new ulong[(_vocabulary.Count + 63) / 64];
            trie.Allowed(state, _held, bits);
            if (_held == 0)
            {
                automaton.Keep(state, bits);
            }
        }

        for (var token = 0; token < _vocabulary.Count; token++)
        {
            mask[token] = (bits[token >> 6] & (1UL << token)) != 0;
        }

        if (_held == 0)
        {
            foreach (var head in _state.Heads)
            {
                if (((Terminal)head.Head).Control is >= 0 and var control)
                {
                    mask[control] = true;
                }
            }
        }
    }

    /// <exception cref="InvalidOperationException">The token was not allowed; nothing changed.</exception>
    public void Accept(int token)
    {
        if (_vocabulary.IsEnd(token))
        {
            _ended = CanEnd ? true : throw Refused();
            return;
        }

        State next;
        if (_vocabulary.IsControl(token))
        {
            next = _held == 0 ? _state.StepControl(token) : automaton.Dead;
        }
        else
        {
            // Tokens of an option may be shorter than what is held; they cover it together.
            var bytes = _vocabulary.Bytes(token);
            next = bytes.IsEmpty ? automaton.Dead : _state.StepToken(bytes, trie.LongestBytes);
        }

        _state = next.IsDead || _ended ? throw Refused() : next;
        _held = 0;
    }

    private static InvalidOperationException Refused() => new("A token was accepted that the constraint does not allow.");
}
