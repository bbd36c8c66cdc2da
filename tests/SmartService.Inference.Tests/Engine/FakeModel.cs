using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Engine;

/// <summary>
/// Logits that are a hash of all tokens before them, so that one wrong cell anywhere changes the text. About one token in forty is the end.
/// </summary>
/// <param name="IsRepetitive">Mostly only the last two tokens count, so that texts repeat themselves and guesses are often right.</param>
internal sealed record FakeModel(Vocabulary Vocabulary, bool IsRepetitive = false)
{
    public int AverageLength { get; init; } = 40;

    public static ulong Extend(ulong hash, int token) => Mix(hash ^ ((ulong)token + 1) * 0x9E3779B97F4A7C15);

    /// <summary>Writes the row that follows a prefix with this hash.</summary>
    public void Fill(ulong hash, int last, int beforeLast, Span<float> row)
    {
        var seed = IsRepetitive && hash % 8 != 0 ? Extend(Extend(1, beforeLast), last) : hash;
        for (var token = 0; token < row.Length; token++)
        {
            row[token] = Likely(token) + (Mix(seed ^ (ulong)token * 0xD1B54A32D192ED03) >> 40) * (8f / (1 << 24));
        }

        row[FakeVocabulary.End] = hash % (ulong)AverageLength == 1 ? 100 : -100;
    }

    /// <summary>What greedy decoding by hand gives: at most <paramref name="count"/> tokens, the end not among them.</summary>
    public List<int> Greedy(IEnumerable<int> prompt, int count)
    {
        var tokens = prompt.ToList();
        var output = new List<int>();
        var row = new float[Vocabulary.Count];
        while (output.Count < count)
        {
            Fill(tokens.Aggregate(0UL, Extend), tokens[^1], tokens.Count > 1 ? tokens[^2] : -1, row);
            var best = Array.IndexOf(row, row.Max());
            if (best == FakeVocabulary.End)
            {
                break;
            }

            output.Add(best);
            tokens.Add(best);
        }

        return output;
    }

    /// <summary>Text, mostly.</summary>
    private float Likely(int token) => Vocabulary.IsControl(token) ? -20 : token is >= 'a' and <= 'z' or >= 260 ? 3 : token >= 0xE4 ? 1 : 0;

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
