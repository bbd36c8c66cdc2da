using System.Text;

namespace SmartService.Inference.Constraints;

/// <summary>Free text that looks out for a trigger, byte by byte (Knuth, Morris, Pratt 1977).</summary>
internal sealed class FreeText
{
    private readonly byte[] _trigger;
    private readonly int[] _fallback;
    private readonly FreeTextNode[] _nodes;
    private readonly Node _fired;
    private readonly bool _atStartOnly;
    private readonly bool _isRequired;

    /// <param name="trigger">Empty: none, or <paramref name="control"/> is the trigger.</param>
    /// <param name="control">The control token that is the trigger, or -1.</param>
    /// <param name="fired">What must follow the trigger.</param>
    /// <param name="atStartOnly">The trigger counts only as the very first text.</param>
    /// <param name="isRequired">The text cannot end, and with <paramref name="atStartOnly"/> not even begin, without the trigger.</param>
    public FreeText(string trigger, int control, Node fired, bool atStartOnly, bool isRequired)
    {
        (_trigger, _fired, _atStartOnly, _isRequired) = (Encoding.UTF8.GetBytes(trigger), fired, atStartOnly, isRequired);
        _fallback = FallbackOf(_trigger);
        _nodes = new FreeTextNode[Math.Max(1, _trigger.Length)];
        for (var at = 0; at < _nodes.Length; at++)
        {
            _nodes[at] = new FreeTextNode(this, at, control);
        }

        Plain = trigger.Length == 0 && control < 0 ? _nodes[0] : new FreeText("", -1, fired, atStartOnly: false, isRequired: false).Root;
    }

    public FreeTextNode Root => _nodes[0];

    /// <summary>Text that looks out for nothing.</summary>
    public FreeTextNode Plain { get; }

    public bool IsRequired => _isRequired;

    /// <summary>What must follow the trigger, and the free text after it.</summary>
    public Node Fired => _fired;

    /// <summary>Every byte may come and leads back here.</summary>
    public bool IsPlain(FreeTextNode node) => ReferenceEquals(node, Plain);

    public void First(FreeTextNode node, ref ByteSet set)
    {
        if (!_isRequired || !_atStartOnly)
        {
            set.Add(0, 255);
        }
        else if (_trigger.Length > 0)
        {
            set.Add(_trigger[node.Matched]);
        }
    }

    public Node? After(FreeTextNode node, byte value)
    {
        if (_trigger.Length == 0)
        {
            return _isRequired && _atStartOnly ? null : _atStartOnly ? Plain : node;
        }

        var matched = node.Matched;
        if (_atStartOnly && _trigger[matched] != value)
        {
            return _isRequired ? null : Plain;
        }

        while (matched > 0 && _trigger[matched] != value)
        {
            matched = _fallback[matched];
        }

        matched += _trigger[matched] == value ? 1 : 0;
        return matched == _trigger.Length ? _fired : _nodes[matched];
    }

    private static int[] FallbackOf(byte[] text)
    {
        var fallback = new int[text.Length + 1];
        for (var (at, matched) = (1, 0); at < text.Length; at++)
        {
            while (matched > 0 && text[matched] != text[at])
            {
                matched = fallback[matched];
            }

            matched += text[matched] == text[at] ? 1 : 0;
            fallback[at + 1] = matched;
        }

        return fallback;
    }
}

/// <summary>Free text whose last <paramref name="matched"/> bytes are the beginning of the trigger.</summary>
internal sealed class FreeTextNode(FreeText language, int matched, int control) : Terminal
{
    public FreeText Language => language;

    public int Matched => matched;

    public bool IsPlain => language.IsPlain(this);

    public override bool CanStop => !language.IsRequired;

    public override int Control => control;

    public override void First(ref ByteSet set) => language.First(this, ref set);

    public override Node? After(byte value) => language.After(this, value);

    /// <summary>What follows the control token that is the trigger.</summary>
    public Node AfterControl => language.Fired;
}
