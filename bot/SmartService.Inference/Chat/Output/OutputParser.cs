using Microsoft.Extensions.AI;

namespace SmartService.Inference.Chat.Output;

/// <summary>
/// Separates streamed output into text, thoughts and tool calls. Holds back what may still become a mark or a call, so that nothing
/// of either is ever shown as text; the outcome does not depend on how the output was cut into pieces. One per request.
/// A call that is broken, cut off or names no known tool becomes an <see cref="ErrorContent"/>, never a call.
/// </summary>
internal sealed class OutputParser
{
    private const string ThoughtOpen = "<think>";
    private const string ThoughtClose = LateThought.Mark;

    private readonly ChatFormat _format;
    private readonly IReadOnlyList<ToolDescription> _tools;
    private readonly CallCollector _calls;
    private readonly string[] _leadMarks;
    private readonly string[] _textMarks;
    private readonly List<AIContent> _found = [];
    private string _rest = "";
    private Mode _mode;
    private bool _fresh = true;
    private bool _isBare;
    private bool _thoughtShown;

    /// <param name="format">The family.</param>
    /// <param name="tools">The tools that were offered.</param>
    /// <param name="inThought">The prompt opened a thought.</param>
    /// <param name="maxCalls">Calls after so many are dropped.</param>
    public OutputParser(ChatFormat format, IReadOnlyList<ToolDescription> tools, bool inThought, int maxCalls = int.MaxValue)
    {
        (_format, _tools, _calls) = (format, tools, new CallCollector(tools, maxCalls));
        _mode = inThought ? Mode.ThoughtLead : Mode.Lead;
        string[] calls = [.. format.Calls.Openers, .. format.Calls.Wrappers];
        string[] thoughts = [ThoughtOpen, ThoughtClose];

        // Any model may have been taught to begin with a thought; elsewhere in a text only a reasoning model means it. The end of a
        // thought is one in any text: what stood before it was none for customers.
        _leadMarks = [.. calls, .. thoughts];
        _textMarks = format.Reasons ? _leadMarks : [.. calls, ThoughtClose];
    }

    private enum Mode
    {
        /// <summary>At the start of the turn, or after a thought or a call.</summary>
        Lead,
        Text,
        ThoughtLead,
        Thought,
        Call,
    }

    /// <summary>Calls so far, whole ones only.</summary>
    public int Calls => _calls.Count;

    /// <summary>Whether a call was broken, cut off or named no known tool.</summary>
    public bool HasProblem => _calls.HasProblem;

    /// <summary>Whether a thought ended that had been passed on as text; its closing mark is in the text then, see <see cref="LateThought"/>.</summary>
    public bool HasLateThought { get; private set; }

    /// <summary>Takes a piece of output and returns what it made certain.</summary>
    public IReadOnlyList<AIContent> Push(string text)
    {
        _rest += text;
        return Run(ended: null);
    }

    /// <summary>Ends the output.</summary>
    /// <param name="whole">The model ended its turn; false: it was cut off.</param>
    public IReadOnlyList<AIContent> End(bool whole) => Run(whole);

    private List<AIContent> Run(bool? ended)
    {
        _found.Clear();
        var before = -1;
        while (_rest.Length > 0 && _rest.Length != before)
        {
            before = _rest.Length;
            var mode = _mode;
            Step(ended);
            before = mode == _mode ? before : -1;
        }

        if (ended is { } whole && _mode == Mode.Call)
        {
            _found.Add(_calls.Problem(whole ? ToolCallProblem.Malformed : ToolCallProblem.Cut));
            _mode = Mode.Text;
        }

        return [.. _found];
    }

    private void Step(bool? ended)
    {
        switch (_mode)
        {
            case Mode.Lead:
                Lead(ended);
                break;
            case Mode.Text:
                Text(ended);
                break;
            case Mode.ThoughtLead:
                ThoughtLead(ended);
                break;
            case Mode.Thought:
                Thought(ended);
                break;
            default:
                Call(ended);
                break;
        }
    }

    private void Lead(bool? ended)
    {
        var start = JsonText.SkipSpace(_rest, 0);
        var text = _rest.AsSpan(start);
        if (text.IsEmpty)
        {
            if (ended is not null)
            {
                Show(_fresh ? _rest : "");
                _rest = "";
            }

            return;
        }

        foreach (var mark in _leadMarks)
        {
            if (text.StartsWith(mark, StringComparison.Ordinal))
            {
                Enter(mark, start + mark.Length);
                return;
            }
        }

        if (ended is null && _leadMarks.Any(mark => mark.AsSpan().StartsWith(_rest.AsSpan(start), StringComparison.Ordinal)))
        {
            return;
        }

        var match = _tools.Count == 0 ? StartMatch.No : _format.Calls.MatchesStart(text);
        if (match == StartMatch.Maybe && ended is null)
        {
            return;
        }

        var isCall = match == StartMatch.Yes || (match == StartMatch.Maybe && ended == false);
        _rest = _fresh && !isCall ? _rest : _rest[start..];
        (_mode, _isBare) = (isCall ? Mode.Call : Mode.Text, isCall);
    }

    private void Text(bool? ended)
    {
        var (at, found) = (_rest.Length, "");
        foreach (var mark in _textMarks)
        {
            var index = _rest.IndexOf(mark, StringComparison.Ordinal);
            if (index >= 0 && index < at)
            {
                (at, found) = (index, mark);
            }
        }

        if (found.Length > 0)
        {
            Show(_rest[..at].TrimEnd());
            if (found == ThoughtClose)
            {
                HasLateThought = true;
                Show(found);
            }

            Enter(found, at + found.Length);
            return;
        }

        // What may be the beginning of a mark waits, and so does the white space before it, which goes if the mark comes.
        var certain = _rest.Length - LongestBeginning(_textMarks);
        if (ended == true)
        {
            certain = _rest.Length;
        }

        var end = ended is null ? _rest.AsSpan(0, certain).TrimEnd().Length : certain;
        Show(_rest[..end]);
        _rest = ended is null ? _rest[end..] : "";
    }

    private void ThoughtLead(bool? ended)
    {
        // The prompt may have opened the thought that the model opens again.
        var start = JsonText.SkipSpace(_rest, 0);
        var text = _rest.AsSpan(start);
        if (text.StartsWith(ThoughtOpen, StringComparison.Ordinal))
        {
            _rest = _rest[(start + ThoughtOpen.Length)..];
        }
        else if (ended is null && ThoughtOpen.AsSpan().StartsWith(text, StringComparison.Ordinal))
        {
            return;
        }
        else
        {
            _rest = _rest[start..];
        }

        _mode = Mode.Thought;
    }

    private void Thought(bool? ended)
    {
        _rest = _thoughtShown ? _rest : _rest[JsonText.SkipSpace(_rest, 0)..];
        var close = _rest.IndexOf(ThoughtClose, StringComparison.Ordinal);
        var end = close >= 0 ? close : ended is not null ? _rest.Length : _rest.Length - LongestBeginning([ThoughtClose]);
        end = _rest.AsSpan(0, end).TrimEnd().Length;
        if (end > 0)
        {
            _found.Add(new TextReasoningContent(_rest[..end]));
            _thoughtShown = true;
        }

        if (close >= 0)
        {
            Enter(ThoughtClose, close + ThoughtClose.Length);
        }
        else
        {
            _rest = ended is null ? _rest[end..] : "";
        }
    }

    private void Call(bool? ended)
    {
        var read = _format.Calls.Read(_rest, _isBare, ended == true, _tools);
        if (read.Length == 0)
        {
            if (ended is not null)
            {
                _found.Add(_calls.Problem(ToolCallProblem.Cut));
                _rest = "";
                _mode = Mode.Text;
            }

            return;
        }

        if (read.IsText)
        {
            Show(_rest[..read.Length]);
        }

        foreach (var call in read.Calls)
        {
            if (_calls.Add(call) is { } content)
            {
                _found.Add(content);
            }
        }

        _rest = _rest[read.Length..];
        _mode = read.IsText ? Mode.Text : Mode.Lead;
        _fresh = false;
    }

    private void Enter(string mark, int consumed)
    {
        _rest = _rest[consumed..];
        _fresh = false;
        _mode = mark == ThoughtOpen ? Mode.ThoughtLead : _format.Calls.Openers.Contains(mark) ? Mode.Call : Mode.Lead;
        _isBare = false;
        _thoughtShown &= mark != ThoughtOpen;
    }

    private void Show(string text)
    {
        if (text.Length > 0)
        {
            _found.Add(new TextContent(text));
        }
    }

    private int LongestBeginning(string[] marks)
    {
        var longest = 0;
        foreach (var mark in marks)
        {
            for (var length = Math.Min(mark.Length - 1, _rest.Length); length > longest; length--)
            {
                if (_rest.AsSpan().EndsWith(mark.AsSpan(0, length), StringComparison.Ordinal))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }
}
