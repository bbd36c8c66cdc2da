using System.Globalization;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Reads numbers as customers and documents write them: 3000, 3千, 三千, 1.5万, 一百二十, 两, 十.</summary>
internal static class ChineseNumber
{
    internal const string Digits = "零〇一二两三四五六七八九";
    internal const string Powers = "十百千万亿";

    /// <summary>The value, or null when the text is not one number.</summary>
    public static decimal? Parse(string text)
    {
        var at = 0;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or ','))
        {
            at++;
        }

        decimal? head = null;
        if (at > 0)
        {
            if (!decimal.TryParse(text.AsSpan(0, at), NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            head = value;
        }

        return head is { } number && at == text.Length ? number : Words(text.AsSpan(at), head);
    }

    private static decimal? Words(ReadOnlySpan<char> text, decimal? head)
    {
        if (head is null && text.Length > 1 && !text.ContainsAny(Powers))
        {
            return Spelled(text);
        }

        decimal total = 0, section = 0, digit = head ?? -1;
        foreach (var sign in text)
        {
            if (DigitOf(sign) is var value and >= 0)
            {
                if (digit >= 0 && digit != 0)
                {
                    return null;
                }

                digit = value;
                continue;
            }

            var power = sign switch { '十' => 10m, '百' => 100m, '千' => 1000m, '万' => 10_000m, '亿' => 100_000_000m, _ => 0m };
            if (power == 0)
            {
                return null;
            }

            if (power < 10_000)
            {
                section += (digit < 0 ? 1 : digit) * power;
            }
            else
            {
                var part = section + (digit < 0 && section == 0 && total == 0 ? 1 : Math.Max(digit, 0));
                total = power == 10_000 ? total + (part * power) : (total + part) * power;
                section = 0;
            }

            digit = -1;
        }

        // 「三千五」 means 3500: a last digit right behind a power counts one power below it.
        if (digit > 0 && text.Length >= 2 && text[^2] is '百' or '千' or '万')
        {
            digit *= text[^2] switch { '百' => 10, '千' => 100, _ => 1000 };
        }

        return total + section + Math.Max(digit, 0);
    }

    // 「二零二六」 is spelled digit by digit.
    private static decimal? Spelled(ReadOnlySpan<char> text)
    {
        decimal value = 0;
        foreach (var sign in text)
        {
            if (DigitOf(sign) is var digit and >= 0 && value < 1_000_000_000_000m)
            {
                value = (value * 10) + digit;
            }
            else
            {
                return null;
            }
        }

        return value;
    }

    private static int DigitOf(char sign) => Digits.IndexOf(sign, StringComparison.Ordinal) switch
    {
        < 0 => -1,
        0 or 1 => 0,
        2 => 1,
        3 or 4 => 2,
        var at => at - 2,
    };
}
