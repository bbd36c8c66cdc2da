using System.Globalization;
using System.Text;

namespace SmartService.Knowledge.Text;

/// <summary>Folds what people type to one form: width, case, script, emoji and numerals do not matter for matching.</summary>
public static class ChineseText
{
    private static readonly char[] Folded = BuildTable();

    /// <summary>Folds the text and remembers where every character came from.</summary>
    public static NormalizedText Normalize(string source)
    {
        var text = new StringBuilder(source.Length);
        var offsets = new List<int>(source.Length + 1);
        for (var i = 0; i < source.Length;)
        {
            var c = source[i];
            if (Folded[c] != '\0' && (i + 1 >= source.Length || !IsMark(source[i + 1])))
            {
                text.Append(Folded[c]);
                offsets.Add(i);
                i++;
                continue;
            }

            var end = ClusterEnd(source, i);
            foreach (var folded in Fold(source[i..end]))
            {
                text.Append(folded);
                offsets.Add(i);
            }

            i = end;
        }

        offsets.Add(source.Length);
        return ChineseNumerals.Rewrite(source, text.ToString(), offsets);
    }

    /// <summary>Only the folded text.</summary>
    public static string Fold(string source)
    {
        var text = new StringBuilder(source.Length);
        foreach (var rune in Compose(source).EnumerateRunes())
        {
            if (Keeps(rune))
            {
                foreach (var c in Rune.ToLowerInvariant(rune).ToString())
                {
                    text.Append(Folded[c] is '\0' ? c : Folded[c]);
                }
            }
        }

        return text.ToString();
    }

    internal static bool IsHan(char c) => c is >= '\u3400' and <= '\u9fff' or >= '\uf900' and <= '\ufaff' or '〇';

    private static string Compose(string source)
    {
        try
        {
            return source.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            // Half of a surrogate pair: cut somewhere outside, harmless here.
            return new string([.. source.Where(c => !char.IsSurrogate(c))]);
        }
    }

    private static bool Keeps(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.OtherSymbol or UnicodeCategory.Format
        or UnicodeCategory.ModifierSymbol or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
        or UnicodeCategory.EnclosingMark) && rune.Value != 0xFFFD && (rune.Value is '\n' or '\t' || !Rune.IsControl(rune));

    private static bool IsMark(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark;

    private static int ClusterEnd(string source, int start)
    {
        var end = start + (char.IsHighSurrogate(source[start]) && start + 1 < source.Length && char.IsLowSurrogate(source[start + 1]) ? 2 : 1);
        while (end < source.Length && IsMark(source[end]))
        {
            end++;
        }

        return end;
    }

    /// <summary>For characters that fold to exactly one character, that one; else NUL, and the slow way is taken.</summary>
    private static char[] BuildTable()
    {
        var table = new char[char.MaxValue + 1];
        for (var i = 0x20; i < table.Length; i++)
        {
            var c = (char)i;
            if (char.IsSurrogate(c) || !Rune.TryCreate(c, out var rune) || !Keeps(rune))
            {
                continue;
            }

            var folded = c.ToString().Normalize(NormalizationForm.FormKC).ToLowerInvariant();
            table[i] = folded.Length == 1 && Keeps(new Rune(folded[0])) ? folded[0] : '\0';
        }

        table['\n'] = '\n';
        table['\t'] = ' ';
        foreach (var line in Resource.Lines("simplified.txt"))
        {
            for (var i = 0; i + 1 < line.Length; i += 2)
            {
                table[line[i]] = line[i + 1];
            }
        }

        return table;
    }
}
