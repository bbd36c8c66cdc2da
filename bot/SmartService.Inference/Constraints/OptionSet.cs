namespace SmartService.Inference.Constraints;

/// <summary>
/// The options of a closed choice as tokens to be scored. Scores are sums over tokens, so they are comparable only if no option is
/// the beginning of another: where one text is, what follows it (the quotation mark, the next fixed text, the end of the turn) belongs
/// to it. Other options go without, which saves a row of a decode each.
/// </summary>
internal sealed class OptionSet
{
    /// <summary>Nothing to score in this state.</summary>
    public static readonly OptionSet None = new(null);

    // A row costs about 8 ms on the two cores of the reference machine, a decode 16 to 20: past this, choosing token by token is faster.
    private const int MaxTokens = 64;
    private const int MaxAskedTokens = 4_096;

    private OptionSet(int[][]? tokens) => Tokens = tokens;

    public int[][]? Tokens { get; }

    /// <param name="state">Where the tokens begin.</param>
    /// <param name="held">Bytes of fixed text between the state and the choice; they are part of every option.</param>
    /// <param name="trie">The vocabulary.</param>
    public static OptionSet Of(State state, ReadOnlySpan<byte> held, TokenTrie trie)
    {
        var begin = state.Step(held);
        if (begin.Choice is not { } choice)
        {
            return None;
        }

        var contents = Array.ConvertAll(choice.Texts, text => text[..^choice.Closing]);
        var options = new int[contents.Length][];
        var total = 0;
        for (var at = 0; at < options.Length; at++)
        {
            var tokens = new List<int>();
            var isBeginning = IsBeginningOfAnother(contents, at);
            var isSpelled = isBeginning
                ? SpellWithEnd(begin, held, choice.Texts[at], contents[at].Length, trie, tokens)
                : FixedText.SpellText([.. held, .. contents[at]], trie, tokens);
            total += tokens.Count;
            if (!isSpelled || tokens.Count == 0 || total > (choice.IsAsked ? MaxAskedTokens : MaxTokens))
            {
                return None;
            }

            options[at] = [.. tokens];
        }

        return ArePrefixFree(options, trie) ? new OptionSet(options) : None;
    }

    private static bool SpellWithEnd(State begin, ReadOnlySpan<byte> held, byte[] text, int content, TokenTrie trie, List<int> tokens)
    {
        var after = begin.AfterChoice;
        byte[] following = [.. text.AsSpan(content), .. FixedText.BytesOf(after)];
        if (following.Length == 0)
        {
            if (after is not { CanEnd: true, IsFinal: true } || trie.Vocabulary.EndOfTurn is not { } end)
            {
                return false;
            }

            var isSpelled = FixedText.SpellText([.. held, .. text], trie, tokens);
            tokens.Add(end);
            return isSpelled;
        }

        var all = new List<int>();
        if (!FixedText.SpellText([.. held, .. text.AsSpan(0, content), .. following], trie, all))
        {
            return false;
        }

        var length = 0;
        foreach (var token in all)
        {
            // Up to the token that covers the first byte after the option.
            if (length > held.Length + content)
            {
                break;
            }

            tokens.Add(token);
            length += trie.Vocabulary.Bytes(token).Length;
        }

        return true;
    }

    private static bool IsBeginningOfAnother(byte[][] texts, int at)
    {
        for (var other = 0; other < texts.Length; other++)
        {
            if (other != at && texts[other].AsSpan().StartsWith(texts[at]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool ArePrefixFree(int[][] options, TokenTrie trie)
    {
        var texts = Array.ConvertAll(options, tokens =>
        {
            var bytes = new List<byte>();
            foreach (var token in tokens)
            {
                bytes.AddRange(trie.Vocabulary.Bytes(token));
            }

            return bytes.ToArray();
        });
        for (var at = 0; at < texts.Length; at++)
        {
            // An end token has no bytes, but nothing can come after it.
            if (!trie.Vocabulary.IsEnd(options[at][^1]) && IsBeginningOfAnother(texts, at))
            {
                return false;
            }
        }

        return true;
    }
}
