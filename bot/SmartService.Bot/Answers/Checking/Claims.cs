using System.Globalization;
using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Something in a sentence that is either in the sources or invented.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Normalised, so that 3千, 三千 and 3000 are equal.</param>
/// <param name="Unit">Of a number; empty when none was recognised.</param>
internal sealed record Claim(ClaimKind Kind, string Value, string Unit = "");

internal enum ClaimKind
{
    Number,
    Date,
    Year,
    Time,
    Link,
    Phone,
    Word,
}

/// <summary>Finds the claims in a text: numbers with units, dates, times, links, phones, Latin words.</summary>
internal static partial class Claims
{
    public static IReadOnlyList<Claim> Of(string text)
    {
        var rest = PlainText.Normalise(text).ToLowerInvariant();
        var claims = new List<Claim>();
        rest = Take(rest, Link(), match => claims.Add(new Claim(ClaimKind.Link, match.Value.TrimEnd('.', '/', ')'))));
        rest = Take(rest, Date(), match => AddDate(claims, match));
        rest = Take(rest, Phone(), match => claims.Add(new Claim(ClaimKind.Phone, match.Value.Replace("-", "", StringComparison.Ordinal))));
        rest = Take(rest, Clock(), match => AddTime(claims, match));
        rest = Take(rest, Percent(), match => AddNumber(claims, match.Groups["n"].Value, "%"));
        rest = Take(rest, Number(), match => AddQuantity(claims, match));
        foreach (Match word in Latin().Matches(rest))
        {
            claims.Add(new Claim(ClaimKind.Word, word.Value));
        }

        return claims;
    }

    /// <summary>Whether the claim is among <paramref name="known"/>. A missing unit on one side is not held against it: tables keep units in headers.</summary>
    public static bool IsIn(this Claim claim, IReadOnlyList<Claim> known) => known.Any(other =>
        other.Kind == claim.Kind && other.Value == claim.Value && (other.Unit == claim.Unit || other.Unit.Length == 0 || claim.Unit.Length == 0));

    private static string Take(string text, Regex pattern, Action<Match> found) => pattern.Replace(text, match =>
    {
        found(match);
        return " ";
    });

    private static void AddDate(List<Claim> claims, Match match)
    {
        var year = ChineseNumber.Parse(match.Groups["y"].Value);
        if (year > 0)
        {
            claims.Add(new Claim(ClaimKind.Year, Text(year.Value)));
        }

        if (ChineseNumber.Parse(match.Groups["m"].Value) is { } month and > 0)
        {
            var day = ChineseNumber.Parse(match.Groups["d"].Value);
            claims.Add(new Claim(ClaimKind.Date, day > 0 ? $"{Text(month)}-{Text(day.Value)}" : Text(month)));
        }
    }

    private static void AddTime(List<Claim> claims, Match match)
    {
        if (ChineseNumber.Parse(match.Groups["h"].Value) is not { } hour || hour > 24)
        {
            return;
        }

        var minute = match.Groups["half"].Success ? 30 : ChineseNumber.Parse(match.Groups["min"].Value) ?? 0;
        // 「下午3点」 and 15:00 are the same; without 上午 or 下午 both are possible and the document's words decide.
        if (match.Groups["pm"].Success && hour < 12)
        {
            hour += 12;
        }

        claims.Add(new Claim(ClaimKind.Time, $"{Text(hour)}:{Text(minute)}"));
    }

    private static void AddQuantity(List<Claim> claims, Match match)
    {
        var digits = match.Groups["n"].Value;
        var unit = UnitOf(match.Groups["u"].Value);
        var spelledOut = !digits.Any(char.IsAsciiDigit);
        // 「一下」「三方」「十分」 are words: a spelled number counts with a unit, or when it is long enough to be meant as one.
        if (spelledOut && (Idiom().IsMatch(match.Value) || (unit.Length == 0 && (digits.Length < 2 || digits.All(sign => "万千百".Contains(sign, StringComparison.Ordinal))))))
        {
            return;
        }

        // 「一个」「这一款」 count nothing that a document would state.
        if (spelledOut && digits == "一" && unit is "个" or "件" or "次")
        {
            return;
        }

        if (match.Groups["to"].Success)
        {
            AddNumber(claims, match.Groups["to"].Value, unit);
        }

        AddNumber(claims, digits, unit);
    }

    private static void AddNumber(List<Claim> claims, string digits, string unit)
    {
        if (ChineseNumber.Parse(digits) is not { } value)
        {
            return;
        }

        (value, unit) = unit switch
        {
            "m" => (value * 1000, "mm"),
            "cm" => (value * 10, "mm"),
            "kg" => (value * 1000, "g"),
            "斤" => (value * 500, "g"),
            _ => (value, unit),
        };
        claims.Add(new Claim(ClaimKind.Number, Text(value), unit));
    }

    private static string Text(decimal value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static string UnitOf(string unit) => unit switch
    {
        "元" or "块" or "块钱" or "元钱" or "人民币" or "rmb" => "元",
        "天" or "日" or "个工作日" or "工作日" => "天",
        "个月" or "月" => "月",
        "小时" or "个小时" or "钟头" => "小时",
        "分钟" => "分钟",
        "年" or "周年" => "年",
        "周" or "星期" or "个星期" or "礼拜" => "周",
        "厘米" or "公分" or "cm" => "cm",
        "毫米" or "mm" => "mm",
        "米" or "m" => "m",
        "公斤" or "千克" or "kg" => "kg",
        "克" or "g" => "g",
        "只" or "把" or "张" or "件" or "套" or "款" or "种" or "台" => "件",
        _ => unit,
    };

    private const string Value = @"(?:\d[\d,]*(?:\.\d+)?[十百千万亿]*|[零〇一二两三四五六七八九十百千万亿]+)";

    [GeneratedRegex(@"https?://[^\s，。；！？）」》\u4e00-\u9fff]+|www\.[a-z0-9./_-]+|[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]+|[a-z0-9-]+\.(?:com|cn|net|org|shop)(?:/[a-z0-9./_-]*)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"(?:(?<y>\d{4}|[二两][零〇一二三四五六七八九]{3})[年./-])?(?:(?<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?<d>3[01]|[12]\d|0?[1-9]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号])|(?<y>\d{4})[年./-](?<m>1[0-2]|0?[1-9])[月./-](?<d>3[01]|[12]\d|0?[1-9])[日号]?|(?<y>\d{4}|[二两][零〇一二三四五六七八九]{3})年(?:(?<m>1[0-2]|0?[1-9])月)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Date();

    [GeneratedRegex(@"(?<![\d.])(?:\+?86-?)?(?:1\d{10}|\d{3,4}-\d{3,4}-\d{3,4}|\d{3,4}-\d{7,8}|\d{7,}|(?:12315|12345|12356|95\d{3}))(?![\d.])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Phone();

    [GeneratedRegex(@"(?<pm>下午|晚上|晚间|傍晚)?(?:上午|早上|早|中午|凌晨)?(?:(?<h>\d{1,2}):(?<min>\d{2})|(?<h>\d{1,2}|[二两]?十[一二三四]?|[一两二三四五六七八九])[点时](?:(?<half>半)|(?<min>\d{1,2}|[零一二三四五]?十?[一二三四五六七八九]?)分|钟|整)?(?!\d))", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Clock();

    [GeneratedRegex(@"百分之(?<n>" + Value + @")|(?<n>\d+(?:\.\d+)?)\s*%", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Percent();

    [GeneratedRegex(@"(?:(?<n>" + Value + @")\s*(?:-|~|到|至|—|–)+\s*(?<to>" + Value + @")|(?<n>" + Value + @"))\s*[多余来几]?\s*(?<u>元钱?|块钱?|人民币|rmb|个?工作日|天|日|个月|月|个?小时|钟头|分钟|周年|年|周|个?星期|礼拜|折|厘米|公分|cm|毫米|mm|米|m(?![a-z])|公斤|千克|kg|克|g(?![a-z])|斤|升|次|期|层|楼|人|把|张|件|套|只|款|种|台|个|公里|平方?米?|度|%)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();

    [GeneratedRegex("^(十分|万一|千万|一[下些样起般直定切旦点同致向律]|统一|唯一|百分百)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Idiom();

    [GeneratedRegex("[a-z][a-z0-9+-]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Latin();
}
