using System.Text;
using SmartService.Inference.Constraints;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Constraints;

/// <summary>All bytes, some longer tokens as large vocabularies have them, and special tokens; tokenizes with the longest match.</summary>
internal sealed class FakeVocabulary : Vocabulary
{
    public const string EndText = "<|end|>";

    public static readonly string[] Common =
    [
        "{\"", "\":\"", "\":", "\",\"", "\"}", "\"]", "\",", "\"},{\"", "\"}]", "[\"", "[{\"", "]}", "}}", "},", "],", "\":{\"", "\":[", "\":\"\"", "\\n", "\\\"",
        "intent", "name", "arguments", "意图", "查询", "查询订单", "订单", "物流", "你好", "，", "。", "请", "帮我", "true", "false", "null", "10", "12", "123", "0.", "-1",
        " ", "  ", "    ", "\n", "\n\n", "hello", "the", " world", "ab", "abc", "中", "中文", "城市", "北京", "上海", "<tool", "_call>", "ool_call>\n", "</tool_call>",
    ];

    // Beginnings and ends of characters, as byte-level vocabularies have them.
    private static readonly byte[][] Fragments = [[0xE6, 0x9F], [0x9F, 0xA5], [0xE4, 0xBD, 0xA0, 0xE5], [0xA5, 0xBD, 0xE4], [0xF0, 0x9F], [0x98, 0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0xC3, 0x28], [0x22, 0xE4]];

    private readonly List<byte[]> _tokens = [];
    private readonly HashSet<int> _control = [];
    private readonly Dictionary<string, int> _special = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly int _longest;
    private readonly bool _putsSpaceFirst;
    private readonly int? _endOfTurn;

    public FakeVocabulary(IEnumerable<string>? more = null, IEnumerable<string>? control = null, bool putsSpaceFirst = false, bool knowsEnd = true)
    {
        _putsSpaceFirst = putsSpaceFirst;
        for (var value = 0; value < 256; value++)
        {
            Add([(byte)value]);
        }

        foreach (var text in Common.Concat(more ?? []))
        {
            Add(Encoding.UTF8.GetBytes(text));
        }

        Array.ForEach(Fragments, Add);
        End = Special(EndText);
        foreach (var text in control ?? [])
        {
            Special(text);
        }

        _longest = _tokens.Max(token => token.Length);
        _endOfTurn = knowsEnd ? End : null;
    }

    public int End { get; }

    public override int Count => _tokens.Count;

    public override int? Begin => null;

    public override int? EndOfTurn => _endOfTurn;

    public int Control(string text) => _special[text];

    public int Token(string text) => _texts[Key(Encoding.UTF8.GetBytes(text))];

    public string Text(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(token => _tokens[token])]);

    public override ReadOnlySpan<byte> Bytes(int token) => _tokens[token];

    public override bool IsEnd(int token) => token == End;

    public override bool IsControl(int token) => _control.Contains(token);

    public override int[] Tokenize(string text, bool special)
    {
        var tokens = new List<int>();
        var rest = (_putsSpaceFirst ? " " : "") + text;
        while (rest.Length > 0)
        {
            var next = special ? _special.Keys.Select(name => (At: rest.IndexOf(name, StringComparison.Ordinal), Name: name)).Where(found => found.At >= 0).OrderBy(found => found.At).FirstOrDefault() : default;
            var plain = next.Name is null ? rest : rest[..next.At];
            AddPlain(Encoding.UTF8.GetBytes(plain), tokens);
            rest = next.Name is null ? "" : rest[(next.At + next.Name.Length)..];
            if (next.Name is not null)
            {
                tokens.Add(_special[next.Name]);
            }
        }

        return [.. tokens];
    }

    private void AddPlain(ReadOnlySpan<byte> bytes, List<int> tokens)
    {
        while (!bytes.IsEmpty)
        {
            for (var length = Math.Min(_longest, bytes.Length); length > 0; length--)
            {
                if (_texts.TryGetValue(Key(bytes[..length]), out var token))
                {
                    tokens.Add(token);
                    bytes = bytes[length..];
                    break;
                }
            }
        }
    }

    private void Add(byte[] bytes)
    {
        if (_texts.TryAdd(Key(bytes), _tokens.Count))
        {
            _tokens.Add(bytes);
        }
    }

    private int Special(string text)
    {
        _special.Add(text, _tokens.Count);
        _control.Add(_tokens.Count);
        _tokens.Add([]);
        return _tokens.Count - 1;
    }

    private static string Key(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
