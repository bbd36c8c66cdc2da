using System.Text;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Embeddings;

/// <summary>
/// Makes the tokens of one text: special tokens written in it are ordinary characters, the model's own are put around it, and what is
/// longer than the model can take is cut at the end. Thread-safe.
/// </summary>
/// <remarks>
/// Half a surrogate pair becomes U+FFFD. Of very long texts only the first <see cref="CharactersPerToken"/> characters per token of the limit
/// are looked at, so that a text of many megabytes costs no more than one that is just too long.
/// </remarks>
internal sealed class TextTokens(Vocabulary vocabulary, EncoderFrame frame, int maxTokens)
{
    /// <summary>No vocabulary that we know averages more over a whole text, runs of spaces aside.</summary>
    private const int CharactersPerToken = 64;

    public FramedText Frame(string prefix, string text)
    {
        var room = maxTokens - frame.Before.Count - frame.After.Count;
        var (tokens, isCut) = Plain(prefix + text, room);
        int[] framed = [.. frame.Before, .. tokens, .. frame.After];
        return new FramedText(framed.Length > 0 ? framed : [frame.Filler], isCut);
    }

    /// <summary>The text's own tokens, at most <paramref name="limit"/>.</summary>
    public (int[] Tokens, bool IsCut) Plain(string text, int limit)
    {
        var tokens = vocabulary.Tokenize(WellFormed(Bounded(text, limit, out var shortened)), special: false);
        return tokens.Length > limit ? (tokens[..limit], true) : (tokens, shortened);
    }

    /// <summary>The text up to its first tokens.</summary>
    public string Shortened(string text, int limit)
    {
        var (tokens, isCut) = Plain(text, limit);
        if (!isCut)
        {
            return text;
        }

        var bytes = new List<byte>(tokens.Length * 4);
        foreach (var token in tokens)
        {
            bytes.AddRange(vocabulary.Bytes(token));
        }

        // A character that was cut in the middle is left out.
        return Encoding.UTF8.GetString([.. bytes]).TrimEnd('\uFFFD');
    }

    internal static string WellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]))
            {
                if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
                {
                    return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
                }

                at++;
            }
        }

        return text;
    }

    private static string Bounded(string text, int limit, out bool shortened)
    {
        var most = Math.Max(limit, 1) * CharactersPerToken;
        shortened = text.Length > most;
        return shortened ? text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)] : text;
    }
}

/// <summary>Tokens that an encoder can take, and whether the end of the text is missing.</summary>
internal readonly record struct FramedText(int[] Tokens, bool IsCut);
