using System.Globalization;
using System.Text;

namespace SmartService.Knowledge.Text;

/// <summary>Chinese numerals before a unit become digits, on both sides of every comparison: 七天 and 7天 are the same promise.</summary>
public static class ChineseNumerals
{
    private const string Digits = "零一二三四五六七八九";
    private const string Multipliers = "十百千万";
    private const string Units = "年月天日个件元块米厘公斤克小分人座位折层门斗期次套张把成寸尺周以左多款";

    /// <summary>The value of a numeral such as 三千五百, or null.</summary>
    public static long? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 12 || text[0] is '百' or '千' or '万')
        {
            return null;
        }

        long total = 0, section = 0, digit = -1, last = 1;
        foreach (var raw in text)
        {
            var c = raw switch { '两' => '二', '〇' => '零', _ => raw };
            var value = Digits.IndexOf(c, StringComparison.Ordinal);
            if (value >= 0)
            {
                if (digit > 0)
                {
                    return null;
                }

                digit = value;
                last = value == 0 ? 10 : last;
                continue;
            }

            var power = Multipliers.IndexOf(c, StringComparison.Ordinal);
            if (power < 0)
            {
                return null;
            }

            if (power == 3)
            {
                total = (total + section + Math.Max(digit, 0)) * 10_000;
                section = 0;
                last = 10_000;
            }
            else
            {
                last = (long)Math.Pow(10, power + 1);
                section += (digit < 0 ? 1 : digit) * last;
            }

            digit = -1;
        }

        // 三千五 is 3500: a trailing digit counts the next lower power.
        return total + section + (digit <= 0 ? 0 : last >= 100 ? digit * (last / 10) : digit);
    }

    internal static NormalizedText Rewrite(string source, string text, List<int> offsets)
    {
        if (!text.Any(IsNumeral))
        {
            return new NormalizedText(source, text, [.. offsets]);
        }

        var result = new StringBuilder(text.Length);
        var places = new List<int>(offsets.Count);
        for (var i = 0; i < text.Length;)
        {
            var end = i;
            while (end < text.Length && IsNumeral(text[end]))
            {
                end++;
            }

            if (end > i && end < text.Length && Units.Contains(text[end], StringComparison.Ordinal) && Parse(text.AsSpan(i, end - i)) is { } value)
            {
                foreach (var digit in value.ToString(CultureInfo.InvariantCulture))
                {
                    result.Append(digit);
                    places.Add(offsets[i]);
                }

                i = end;
                continue;
            }

            end = Math.Max(end, i + 1);
            for (; i < end; i++)
            {
                result.Append(text[i]);
                places.Add(offsets[i]);
            }
        }

        places.Add(source.Length);
        return new NormalizedText(source, result.ToString(), [.. places]);
    }

    internal static bool IsNumeral(char c) => c is '两' or '〇' || Digits.Contains(c, StringComparison.Ordinal) || Multipliers.Contains(c, StringComparison.Ordinal);
}
