using System.Globalization;

namespace SmartService.Inference.Constraints;

/// <summary>
/// Reads a regular expression of JSON Schema (ECMA-262 without what needs more than a finite automaton) into an
/// <see cref="PatternGraph"/>. A pattern matches anywhere in the string unless it is anchored.
/// </summary>
internal ref struct PatternParser
{
    private const int MaxRepeat = 1_000;
    private const int MaxDepth = 50;

    private readonly string _pattern;
    private readonly PatternGraph _graph;
    private int _at;
    private int _depth;

    private PatternParser(string pattern, PatternGraph graph) => (_pattern, _graph) = (pattern, graph);

    /// <exception cref="ArgumentException">The pattern is no regular expression, or uses something that is not supported; the message says where.</exception>
    public static PatternGraph Parse(string pattern)
    {
        if (pattern.Length > 4_096)
        {
            throw new ShapeException("A pattern is longer than 4,096 characters.");
        }

        var graph = new PatternGraph();
        var parser = new PatternParser(pattern, graph);
        do
        {
            parser.TopLevel();
        }
        while (parser.Take('|'));
        if (parser._at < pattern.Length)
        {
            throw parser.Error("a closing parenthesis without an opening one");
        }

        return graph;
    }

    // One alternative of the whole: only here may anchors stand, at its two ends.
    private void TopLevel()
    {
        var from = _graph.Start;
        if (!Take('^'))
        {
            from = _graph.Any(from);
        }

        var to = Sequence(from);
        _graph.Empty(Take('$') ? to : _graph.Any(to), _graph.Accept);
    }

    private int Alternatives(int from)
    {
        if (++_depth > MaxDepth)
        {
            throw Error("groups nested too deep");
        }

        var end = _graph.Add();
        do
        {
            _graph.Empty(Sequence(from), end);
        }
        while (Take('|'));
        _depth--;
        return end;
    }

    private int Sequence(int from)
    {
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')') && !(_pattern[_at] == '$' && IsAtEndOfAlternative()))
        {
            from = Repeated(from);
        }

        return from;
    }

    private readonly bool IsAtEndOfAlternative() => _depth == 0 && (_at + 1 == _pattern.Length || _pattern[_at + 1] == '|');

    private int Repeated(int from)
    {
        var (start, depth) = (_at, _depth);
        var begin = _graph.Add();
        var next = Item(begin);
        var (least, most) = Quantifier();
        var end = _at;
        if (most == 0)
        {
            return from;
        }

        var here = from;
        for (var count = 0; count < (most < 0 ? Math.Max(least, 1) : most); count++)
        {
            if (count > 0)
            {
                // A counted item is copied by reading it again.
                (_at, _depth) = (start, depth);
                begin = _graph.Add();
                next = Item(begin);
            }

            _graph.Empty(here, begin);
            if (count >= least)
            {
                _graph.Empty(begin, next);
            }

            if (most < 0 && count == Math.Max(least, 1) - 1)
            {
                _graph.Empty(next, begin);
            }

            here = next;
        }

        _at = end;
        return here;
    }

    private (int Least, int Most) Quantifier()
    {
        var (least, most) = (1, 1);
        if (Take('*'))
        {
            (least, most) = (0, -1);
        }
        else if (Take('+'))
        {
            (least, most) = (1, -1);
        }
        else if (Take('?'))
        {
            (least, most) = (0, 1);
        }
        else if (Take('{'))
        {
            least = Number();
            most = !Take(',') ? least : _at < _pattern.Length && _pattern[_at] == '}' ? -1 : Number();
            if (!Take('}') || (most >= 0 && most < least))
            {
                throw Error("a broken repetition");
            }
        }
        else
        {
            return (1, 1);
        }

        // A lazy quantifier describes the same strings.
        _ = Take('?');
        if (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '{')
        {
            throw Error("a repetition of a repetition");
        }

        return (least, most);
    }

    private int Number()
    {
        var begin = _at;
        while (_at < _pattern.Length && char.IsAsciiDigit(_pattern[_at]))
        {
            _at++;
        }

        return int.TryParse(_pattern.AsSpan(begin, _at - begin), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= MaxRepeat
            ? value
            : throw Error($"a repetition count that is not a number up to {MaxRepeat}");
    }

    private int Item(int from)
    {
        if (_at >= _pattern.Length)
        {
            throw Error("its end too early");
        }

        if (_pattern[_at] is '*' or '+' or '?' or '{' or '^' or '$')
        {
            throw Error($"'{_pattern[_at]}' where a character was expected");
        }

        if (Take('('))
        {
            if (Take('?') && !Take(':'))
            {
                throw Error("a look-around or named group, which is not supported");
            }

            var end = Alternatives(from);
            return Take(')') ? end : throw Error("a group that is not closed");
        }

        var to = _graph.Add();
        _graph.Edge(from, CharacterClass.Read(_pattern, ref _at), to);
        return to;
    }

    private bool Take(char wanted)
    {
        if (_at < _pattern.Length && _pattern[_at] == wanted)
        {
            _at++;
            return true;
        }

        return false;
    }

    private readonly ShapeException Error(string what) => new($"A pattern has {what} at character {_at + 1}.");
}
