using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SmartService.Evals.Metrics;

/// <summary>
/// Numbers as customers read them, so that a reply can be held against what it cites. Arabic digits in any width, with
/// thousands separators and decimals; Chinese numerals are left alone, 「一下」 is no number.
/// </summary>
public static partial class NumbersInText
{
    /// <summary>The numbers in order of appearance, trailing zeros dropped: 「2,999.00元」 gives 2999.</summary>
    public static IReadOnlyList<decimal> Of(string text) =>
        [.. Number().Matches(text.Normalize(NormalizationForm.FormKC))
            .Select(match => decimal.TryParse(match.Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) ? value : (decimal?)null)
            .OfType<decimal>()];

    /// <summary>Numbers of the reply that occur in none of the sources.</summary>
    public static IReadOnlyList<decimal> Invented(string reply, IEnumerable<string> sources)
    {
        var known = sources.SelectMany(Of).ToHashSet();
        return [.. Of(reply).Where(number => !known.Contains(number)).Distinct()];
    }

    [GeneratedRegex(@"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Number();
}
