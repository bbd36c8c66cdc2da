using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers.Checking;

/// <summary>
/// Numbers digit for digit. The claim check accepts 3天 for 三天, as people would; a small model that rewrites numbers cannot
/// be told from one that invents them, so from it each must stand in the words that are cited.
/// </summary>
internal static partial class LiteralNumbers
{
    /// <summary>Whether every number of <paramref name="text"/> that is written in digits stands in one of the sources.</summary>
    public static bool AllIn(string text, IEnumerable<string> sources)
    {
        var known = sources.SelectMany(Of).ToHashSet(StringComparer.Ordinal);
        return Of(text).All(known.Contains);
    }

    private static IEnumerable<string> Of(string text) =>
        Number().Matches(Separator().Replace(PlainText.Normalise(text), "")).Select(match => match.Value.Contains('.', StringComparison.Ordinal) ? match.Value.TrimEnd('0').TrimEnd('.') : match.Value);

    [GeneratedRegex(@"\d+(?:\.\d+)?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"(?<=\d),(?=\d{3}(?!\d))", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Separator();
}
