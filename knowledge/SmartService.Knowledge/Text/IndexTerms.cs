using System.Text;

namespace SmartService.Knowledge.Text;

/// <summary>
/// The terms that text is indexed under: bigrams of Chinese characters, whole words of other letters and digits. No
/// dictionary to maintain and no unknown word to miss (measured in dependencies.md section 3).
/// </summary>
public static class IndexTerms
{
    /// <summary>The distinct terms of folded text.</summary>
    public static HashSet<string> Of(string normalized)
    {
        var terms = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < normalized.Length;)
        {
            if (ChineseText.IsHan(normalized[i]))
            {
                i = AddHan(normalized, i, terms);
            }
            else if (char.IsLetterOrDigit(normalized[i]))
            {
                i = AddWord(normalized, i, terms);
            }
            else if (i + 1 < normalized.Length && Rune.TryCreate(normalized[i], normalized[i + 1], out var rune) && Rune.IsLetterOrDigit(rune))
            {
                terms.Add(normalized.Substring(i, 2));
                i += 2;
            }
            else
            {
                i++;
            }
        }

        return terms;
    }

    /// <summary>Where a word of letters and digits ends; a point between digits belongs to it.</summary>
    internal static int WordEnd(string text, int start)
    {
        var end = start;
        while (end < text.Length && !ChineseText.IsHan(text[end]) && (char.IsLetterOrDigit(text[end])
            || (text[end] == '.' && end > start && char.IsAsciiDigit(text[end - 1]) && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))))
        {
            end++;
        }

        return end;
    }

    internal static string Word(ReadOnlySpan<char> word) => word.Contains('.') ? word.ToString().Replace('.', '点') : word.ToString();

    private static int AddHan(string text, int start, HashSet<string> terms)
    {
        var end = start;
        while (end < text.Length && ChineseText.IsHan(text[end]))
        {
            end++;
        }

        // A run of one character, or of the same one, makes no telling bigram.
        if (end - start == 1)
        {
            terms.Add(text[start].ToString());
        }

        for (var i = start; i + 1 < end; i++)
        {
            terms.Add(text.Substring(i, 2));
            if (text[i] == text[i + 1])
            {
                terms.Add(text[i].ToString());
            }
        }

        return end;
    }

    private static int AddWord(string text, int start, HashSet<string> terms)
    {
        var end = WordEnd(text, start);
        var word = Word(text.AsSpan(start, Math.Min(end - start, 64)));
        terms.Add(word);
        if (end < text.Length && char.IsAsciiDigit(text[end - 1]) && ChineseText.IsHan(text[end]))
        {
            terms.Add(word + text[end]);
        }

        return Math.Max(end, start + 1);
    }
}
