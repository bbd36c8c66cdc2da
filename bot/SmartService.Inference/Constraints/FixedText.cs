using System.Text;

namespace SmartService.Inference.Constraints;

/// <summary>
/// The text that must come in a state, as tokens. What must come is tokenized in one piece, so that the model sees it as it saw it in
/// training. At the seam where the model's choice begins there are two cases:
/// <list type="bullet">
/// <item>The choice is about structure (which kind of value, another member or the end). Then a token of the vocabulary may hold the
/// end of the fixed text and the beginning of one choice (<c>":"</c> against <c>":</c>), and feeding the shorter one would vote against
/// it. The last token is held back: the model chooses among the tokens that cover it.</item>
/// <item>The choice is the content of a string. Nothing is held back: in JSON a quotation mark stands after other punctuation, where
/// tokenizers split, and the model would be asked once more for each string.</item>
/// </list>
/// One token alone is held back in both cases: sampling it takes no more decodes than feeding it.
/// </summary>
internal sealed class FixedText
{
    // Longer fixed text comes in several pieces.
    private const int MaxBytes = 4_096;

    private FixedText(int[] tokens, State end, int held) => (Tokens, End, Held) = (tokens, end, held);

    /// <summary>To be fed; may be empty.</summary>
    public int[] Tokens { get; }

    /// <summary>The state after <see cref="Tokens"/>.</summary>
    public State End { get; }

    /// <summary>Bytes after <see cref="Tokens"/> that the next token must cover.</summary>
    public int Held { get; }

    public static FixedText Of(State start, TokenTrie trie)
    {
        var path = new List<State> { start };
        Span<byte> bytes = stackalloc byte[MaxBytes];
        var length = 0;
        while (length < MaxBytes && path[^1] is { CanEnd: false, Choice: null, Only: >= 0 and < 256 } state)
        {
            bytes[length++] = (byte)state.Only;
            path.Add(state.Step((byte)state.Only));
        }

        if (length == 0)
        {
            return start is { CanEnd: false, Only: >= 256 } ? new FixedText([start.Only - 256], start.StepControl(start.Only - 256), 0) : new FixedText([], start, 0);
        }

        // A character that the options share in part is theirs.
        length = WholeCharacters(bytes[..length]);
        var tokens = new List<int>();
        if (!SpellText(bytes[..length], trie, tokens))
        {
            return new FixedText([], start, 0);
        }

        var end = path[length];
        if (tokens.Count > 0 && !end.IsFinal && (tokens.Count == 1 || !end.IsInString))
        {
            var last = trie.Vocabulary.Bytes(tokens[^1]);
            var before = path[length - last.Length];
            if (trie.HasLonger(before, last))
            {
                tokens.RemoveAt(tokens.Count - 1);
                return new FixedText([.. tokens], before, last.Length);
            }
        }

        return new FixedText([.. tokens], end, 0);
    }

    /// <summary>The bytes that must come in a state, up to a few.</summary>
    public static byte[] BytesOf(State state)
    {
        var bytes = new List<byte>();
        while (bytes.Count < 32 && state is { CanEnd: false, Choice: null, Only: >= 0 and < 256 })
        {
            bytes.Add((byte)state.Only);
            state = state.Step((byte)state.Only);
        }

        return [.. bytes];
    }

    /// <summary>Tokens of fixed text. Bytes at the beginning that end a character (of which the model wrote the first) are spelled apart.</summary>
    /// <returns>False: the vocabulary cannot spell it.</returns>
    public static bool SpellText(ReadOnlySpan<byte> text, TokenTrie trie, List<int> into)
    {
        var tail = 0;
        while (tail < text.Length && (text[tail] & 0xC0) == 0x80)
        {
            tail++;
        }

        if (!trie.Spell(text[..tail], into))
        {
            return false;
        }

        text = text[tail..];
        if (text.IsEmpty)
        {
            return true;
        }

        var tokens = trie.Vocabulary.Tokenize(Encoding.UTF8.GetString(text), special: false);
        if (IsSpelling(tokens, text, trie))
        {
            into.AddRange(tokens);
            return true;
        }

        // Tokenizers that put a space before every text (SPM) spell something else.
        return trie.Spell(text, into);
    }

    private static bool IsSpelling(int[] tokens, ReadOnlySpan<byte> text, TokenTrie trie)
    {
        foreach (var token in tokens)
        {
            var bytes = trie.Vocabulary.Bytes(token);
            if (bytes.IsEmpty || !text.StartsWith(bytes) || trie.Vocabulary.IsControl(token) || trie.Vocabulary.IsEnd(token))
            {
                return false;
            }

            text = text[bytes.Length..];
        }

        return text.IsEmpty;
    }

    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        var start = text.Length - 1;
        while (start > 0 && text.Length - start < 4 && (text[start] & 0xC0) == 0x80)
        {
            start--;
        }

        var needs = text[start] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };
        return text[start] >= 0xC0 && text.Length - start < needs ? start : text.Length;
    }
}
