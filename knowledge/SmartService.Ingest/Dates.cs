using System.Globalization;
using System.Text.RegularExpressions;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Dates as shops write them, in the one time zone of China.</summary>
internal static partial class Dates
{
    private static readonly TimeSpan China = TimeSpan.FromHours(8);

    /// <summary>The first moment of a period; null for an empty cell.</summary>
    /// <exception cref="UnreadableDocumentException">There is something, but no sensible date.</exception>
    public static DateTimeOffset? From(string? text) => Parse(text, wholeDay: false);

    /// <summary>The first moment after a period: its last day counts.</summary>
    /// <exception cref="UnreadableDocumentException">There is something, but no sensible date.</exception>
    public static DateTimeOffset? To(string? text) => Parse(text, wholeDay: true);

    /// <summary>Both ends of 「2026-01-01 至 2026-12-31」.</summary>
    public static (DateTimeOffset? From, DateTimeOffset? To) Range(string text)
    {
        var dates = Date().Matches(text).Select(match => match.Value).ToList();
        return dates.Count switch
        {
            2 => Ordered(From(dates[0]), To(dates[1])),
            1 when Until().IsMatch(text) => (null, To(dates[0])),
            1 => (From(dates[0]), null),
            _ => throw new UnreadableDocumentException($"'{text}' is not a period such as 2026-01-01 至 2026-12-31."),
        };
    }

    public static (DateTimeOffset? From, DateTimeOffset? To) Ordered(DateTimeOffset? from, DateTimeOffset? to) =>
        from >= to ? throw new UnreadableDocumentException("The period ends before it begins.") : (from, to);

    private static DateTimeOffset? Parse(string? text, bool wholeDay)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Trim() is "长期" or "长期有效" or "永久" or "无" or "-" or "/")
        {
            return null;
        }

        var match = Date().Match(text);
        if (!match.Success || !int.TryParse(match.Groups["y"].ValueSpan, CultureInfo.InvariantCulture, out var year) || year is < 2000 or > 2200)
        {
            throw new UnreadableDocumentException($"'{text}' is not a sensible date.");
        }

        var month = int.Parse(match.Groups["m"].ValueSpan, CultureInfo.InvariantCulture);
        var day = int.Parse(match.Groups["d"].ValueSpan, CultureInfo.InvariantCulture);
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            throw new UnreadableDocumentException($"'{text}' is not a day of the calendar.");
        }

        var date = new DateTimeOffset(year, month, day, 0, 0, 0, China);
        if (match.Groups["h"].Success)
        {
            var hours = int.Parse(match.Groups["h"].ValueSpan, CultureInfo.InvariantCulture);
            var minutes = int.Parse(match.Groups["min"].ValueSpan, CultureInfo.InvariantCulture);
            return hours > 24 || minutes > 59
                ? throw new UnreadableDocumentException($"'{text}' is not a time of day.")
                : date.AddHours(hours).AddMinutes(minutes + (wholeDay ? 1 : 0));
        }

        return wholeDay ? date.AddDays(1) : date;
    }

    [GeneratedRegex(@"(?<y>\d{4})\s*[-/.年]\s*(?<m>\d{1,2})\s*[-/.月]\s*(?<d>\d{1,2})日?(\s*T?\s*(?<h>\d{1,2})[:：](?<min>\d{2}))?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Date();

    [GeneratedRegex("^\\s*(至|到|截止|截至|~)|(止|之前|以前|前)\\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Until();
}
