using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmartService.Channels.WeChat.Text;

/// <summary>
/// Cuts text into pieces by UTF-8 bytes: at a paragraph, line, sentence end, comma, space or grapheme cluster, the best that
/// leaves a piece at least half full. Never inside a URL, a number, a word of Latin letters, a surrogate pair or a cluster,
/// unless one of these alone is larger than the limit.
/// </summary>
internal static partial class TextSplitter
{
    private const byte Never = 0;
    private const byte Rune = 1;
    private const byte Cluster = 2;
    private const byte Space = 3;
    private const byte Comma = 4;
    private const byte Sentence = 5;
    private const byte Line = 6;
    private const byte Paragraph = 7;
    private const int LongestNumber = 200;

    /// <summary>The pieces, each at most <paramref name="maxBytes"/>; only white space at the cuts is lost.</summary>
    public static IReadOnlyList<TextPiece> Split(string text, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 4);
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return PlainText.IsBlank(text) ? [] : [new TextPiece(text.TrimEnd(), 0)];
        }

        var bytes = BytesBefore(text);
        var levels = Levels(text);
        var pieces = new List<TextPiece>();
        for (var start = SkipBlankLines(text, 0); start < text.Length;)
        {
            var end = End(start, text.Length, bytes, levels, maxBytes);
            var piece = text[start..end].TrimEnd();
            if (!PlainText.IsBlank(piece))
            {
                pieces.Add(new TextPiece(piece, start));
            }

            start = SkipBlankLines(text, end);
        }

        return pieces;
    }

    private static int End(int start, int length, int[] bytes, byte[] levels, int maxBytes)
    {
        var last = LastWithin(bytes, start, bytes[start] + maxBytes);
        if (last == length)
        {
            return length;
        }

        var half = bytes[start] + maxBytes / 2;
        var (best, bestLevel) = (0, Never);
        for (var i = last; i > start && bytes[i] >= half; i--)
        {
            if (levels[i] > bestLevel)
            {
                (best, bestLevel) = (i, levels[i]);
            }
        }

        // A good cut in the first half beats a mere character boundary in the second one.
        for (var i = best == 0 || bestLevel <= Cluster ? last : start; i > start; i--)
        {
            if (levels[i] > bestLevel)
            {
                (best, bestLevel) = (i, levels[i]);
            }
        }

        return bestLevel == Never ? last : best;
    }

    // The greatest index whose text fits. Indices inside a surrogate pair share the count of its end, so they never win.
    private static int LastWithin(int[] bytes, int start, int limit)
    {
        var (low, high) = (start, bytes.Length - 1);
        while (low < high)
        {
            var middle = low + (high - low + 1) / 2;
            if (bytes[middle] <= limit)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private static int[] BytesBefore(string text)
    {
        var bytes = new int[text.Length + 1];
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            bytes[i + 1] = bytes[i] + (char.IsHighSurrogate(c) ? 4 : char.IsLowSurrogate(c) ? 0 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
        }

        return bytes;
    }

    // levels[i] says how good a cut before text[i] is.
    private static byte[] Levels(string text)
    {
        var levels = new byte[text.Length + 1];
        for (var i = 1; i < text.Length; i++)
        {
            levels[i] = char.IsLowSurrogate(text[i]) ? Never : Rune;
        }

        for (var i = 0; i < text.Length;)
        {
            i += StringInfo.GetNextTextElementLength(text, i);
            levels[i] = Math.Max(Cluster, LevelAfter(text, i));
        }

        foreach (Match whole in Whole().Matches(text))
        {
            // "1,2,3,…" without spaces is a list rather than one number: only its members stay whole.
            if (whole.Length > LongestNumber && !whole.Groups["url"].Success)
            {
                foreach (var member in Member().EnumerateMatches(whole.ValueSpan))
                {
                    levels.AsSpan(whole.Index + member.Index + 1, member.Length - 1).Clamp(Rune);
                }
            }
            else
            {
                // Not forbidden outright: what is larger than a message has to be cut somewhere.
                levels.AsSpan(whole.Index + 1, whole.Length - 1).Clamp(Rune);
            }
        }

        return levels;
    }

    private static void Clamp(this Span<byte> levels, byte most)
    {
        foreach (ref var level in levels)
        {
            level = Math.Min(level, most);
        }
    }

    private static byte LevelAfter(string text, int end)
    {
        var before = text[end - 1];
        if (before == '\n')
        {
            return end > 1 && text[end - 2] == '\n' ? Paragraph : Line;
        }

        // A closing quote or bracket stays with the sentence that it closes.
        if (end < text.Length && Closers.Contains(text[end], StringComparison.Ordinal))
        {
            return Cluster;
        }

        var mark = end - 1;
        while (mark > 0 && Closers.Contains(text[mark], StringComparison.Ordinal))
        {
            mark--;
        }

        return text[mark] switch
        {
            '。' or '！' or '？' or '；' or '…' => Sentence,
            '.' or '!' or '?' or ';' when end == text.Length || char.IsWhiteSpace(text[end]) || text[end] > 0x2E80 => Sentence,
            '，' or '、' or '：' => Comma,
            ',' or ':' when end == text.Length || char.IsWhiteSpace(text[end]) || text[end] > 0x2E80 => Comma,
            _ => char.IsWhiteSpace(before) ? Space : Never,
        };
    }

    private static int SkipBlankLines(string text, int at)
    {
        var start = at;
        if (at > 0 && text[at - 1] != '\n')
        {
            while (start < text.Length && text[start] != '\n' && char.IsWhiteSpace(text[start]))
            {
                start++;
            }
        }

        for (var i = start; i < text.Length && char.IsWhiteSpace(text[i]); i++)
        {
            // The indentation of the first line that shows something is kept: it may be code.
            if (text[i] == '\n')
            {
                start = i + 1;
            }
        }

        return start;
    }

    private const string Closers = "”’」』）)】》〉\"']";

    [GeneratedRegex(
        """(?<url>(?:[A-Za-z][A-Za-z0-9+.-]{1,20}://|www\.|mailto:)[!-~-[<>"]]+)|[A-Za-z0-9\p{Nd}]+(?:[.,:/_@%+\-．][A-Za-z0-9\p{Nd}]+)*%?""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Whole();

    [GeneratedRegex(@"[A-Za-z0-9\p{Nd}]+(?:\.[0-9]+)?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Member();
}

/// <summary>A piece and where it starts in the text.</summary>
internal sealed record TextPiece(string Text, int Start);
