using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>Compiles strings: lengths, patterns and the formats that are checked in full.</summary>
internal sealed class StringCompiler(Nodes nodes)
{
    // Each describes only strings that are valid under the format; some valid ones (a leap second, an IPv6 host) are not written.
    private const string Date =
        "(?:[12]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))"
        + "|(?:[12]\\d(?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)-02-29)";

    private const string Time = "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,3})?";
    private const string Offset = "(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))";
    private const string HostLabel = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?";

    private static readonly Dictionary<string, (string Pattern, int Length)> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = ($"^{Date}$", 10),
        ["time"] = ($"^{Time}{Offset}$", 20),
        ["date-time"] = ($"^{Date}T{Time}{Offset}$", 35),
        ["uuid"] = ("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$", 36),
        ["email"] = ($"^[A-Za-z0-9_+-]+(?:\\.[A-Za-z0-9_+-]+)*@{HostLabel}(?:\\.{HostLabel}){{1,3}}$", 64),
        ["uri"] = ($"^https?://{HostLabel}(?:\\.{HostLabel}){{0,4}}(?:/[A-Za-z0-9._~/-]*)?(?:\\?[A-Za-z0-9._~/&=+-]*)?$", 300),
    };

    // Determinising the dates costs some milliseconds; the automata are immutable.
    private static readonly Dictionary<string, Lazy<CharacterAutomaton>> FormatAutomata =
        Formats.ToDictionary(format => format.Key, format => new Lazy<CharacterAutomaton>(() => PatternParser.Parse(format.Value.Pattern).ToDeterministic()), StringComparer.Ordinal);

    private FreeString? _name;

    /// <summary>Any string, with its quotation marks.</summary>
    public Node Free => nodes.Sequence(nodes.Literal("\""), new FreeString(0, SchemaLimits.StringLength, nodes.Empty).Root);

    /// <summary>Any property name, with its closing quotation mark.</summary>
    public Node FreeName => (_name ??= new FreeString(0, SchemaLimits.NameLength, nodes.Empty)).Root;

    /// <summary>Any property name but these, with its closing quotation mark.</summary>
    public Node NameExcept(IEnumerable<string> names) =>
        new PatternString(CharacterAutomaton.AllBut(names), 0, SchemaLimits.NameLength, nodes.Empty).Root;

    public Node Compile(SchemaKeywords keywords, string path)
    {
        var automaton = Automaton(keywords, path, out var usual);
        var least = keywords.Count("minLength", 0, SchemaLimits.StringLength + 1, path);
        var most = keywords.Count("maxLength", Math.Max(usual, Math.Min(least, SchemaLimits.StringLength)), SchemaLimits.StringLength, path);
        if (least > most)
        {
            throw new ShapeException($"'minLength' at {path} is more than 'maxLength', or more than the {SchemaLimits.StringLength} characters that are written.");
        }

        return nodes.Sequence(nodes.Literal("\""), automaton is null
            ? new FreeString(least, most, nodes.Empty).Root
            : new PatternString(automaton, least, most, nodes.Empty).Root);
    }

    private static CharacterAutomaton? Automaton(SchemaKeywords keywords, string path, out int usualLength)
    {
        usualLength = SchemaLimits.StringLength;
        CharacterAutomaton? automaton = null;
        if (keywords.Get("pattern") is { } pattern)
        {
            usualLength = SchemaLimits.PatternLength;
            automaton = PatternParser.Parse(SchemaKeywords.Expect(pattern, JsonValueKind.String, "pattern", path).GetString()!).ToDeterministic();
        }

        if (keywords.Get("format") is { } format)
        {
            var name = SchemaKeywords.Expect(format, JsonValueKind.String, "format", path).GetString()!;
            if (automaton is not null)
            {
                throw new ShapeException($"'format' beside 'pattern' at {path} is not supported.");
            }

            if (Formats.TryGetValue(name, out var known))
            {
                usualLength = known.Length;
                automaton = FormatAutomata[name].Value;
            }
            else if (!NumberCompiler.IsFormat(name))
            {
                throw new ShapeException($"The 'format' at {path} is not supported; known are {string.Join(", ", Formats.Keys)}.");
            }
        }

        return automaton;
    }
}
