using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmartService.Bot.Texts;

/// <summary>Customers' words in the forms that our word lists are written for.</summary>
public static partial class PlainText
{
    /// <summary>NFKC, lower case, without white space and invisible characters.</summary>
    public static string Compact(string text)
    {
        var compact = new StringBuilder(text.Length);
        foreach (var unit in Normalise(text))
        {
            if (!char.IsWhiteSpace(unit) && !char.IsControl(unit) && CharUnicodeInfo.GetUnicodeCategory(unit) != UnicodeCategory.Format)
            {
                compact.Append(char.ToLowerInvariant(unit));
            }
        }

        return compact.ToString();
    }

    /// <summary>Letters and digits only: no punctuation, no emoji, no WeChat emoticon codes such as [微笑].</summary>
    public static string Bare(string text)
    {
        var bare = new StringBuilder(text.Length);
        foreach (var rune in Emoticon().Replace(Compact(text), "").EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                bare.Append(rune);
            }
        }

        return bare.ToString();
    }

    /// <summary>Whether the text has any emoji or WeChat emoticon code.</summary>
    public static bool HasEmoji(string text) =>
        Emoticon().IsMatch(text) || text.EnumerateRunes().Any(rune => Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherSymbol);

    /// <summary>NFKC; a text with broken surrogate pairs is repaired first, because NFKC refuses it.</summary>
    public static string Normalise(string text)
    {
        try
        {
            return text.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return string.Concat(text.EnumerateRunes().Select(rune => rune.ToString())).Normalize(NormalizationForm.FormKC);
        }
    }

    /// <summary>At most <paramref name="length"/> UTF-16 units, never half of a surrogate pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    [GeneratedRegex(@"\[[\u4e00-\u9fffA-Za-z]{1,8}\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Emoticon();
}
