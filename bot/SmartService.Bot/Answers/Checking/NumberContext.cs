using System.Text.RegularExpressions;

namespace SmartService.Bot.Answers.Checking;

/// <summary>
/// Whether numbers stand with the words that they stand with in the sources. A small model said 「定制衣柜要7到10天」 where the
/// source has 「定制衣柜25到35天，定制窗帘7到10天」, and 「积分抵1元」 where it has 「100积分抵1元」: each number is in the source,
/// and both are wrong.
/// </summary>
internal static partial class NumberContext
{
    /// <summary>
    /// Whether each clause with numbers has a clause in the sources with the same numbers, and no other clause with such numbers
    /// is closer to it in words.
    /// </summary>
    public static bool Agrees(string text, IReadOnlyList<Evidence> sources)
    {
        var known = sources.SelectMany(source => Clauses(source.Text)).ToList();
        foreach (var said in Clauses(text))
        {
            var alike = known.Where(other => other.Numbers.Any(number => said.Numbers.Any(mine => mine.Kind == number.Kind && mine.Unit == number.Unit)))
                .Select(other => (Clause: other, Shared: said.About.Count(other.About.Contains))).ToList();
            var closest = alike.Select(other => other.Shared).DefaultIfEmpty(0).Max();
            if (!alike.Exists(other => other.Shared == closest && Same(said.Numbers, other.Clause.Numbers)))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Same(IReadOnlyList<Claim> left, IReadOnlyList<Claim> right) => left.All(claim => claim.IsIn(right)) && right.All(claim => claim.IsIn(left));

    /// <summary>Clauses with numbers. One of few words, 「每处80元」, is about what stands before it.</summary>
    private static IEnumerable<(IReadOnlySet<string> About, IReadOnlyList<Claim> Numbers)> Clauses(string text)
    {
        foreach (var sentence in Sentences.Cut(text))
        {
            var before = "";
            foreach (var clause in sentence.Split(['，', ',', '；', ';', '：', ':'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var words = Amount().Replace(clause, " ");
                var about = Polarity.Content(words);
                IReadOnlyList<Claim> numbers = [.. Claims.Of(clause).Where(claim => claim.Kind is ClaimKind.Number or ClaimKind.Date or ClaimKind.Time)];
                if (numbers.Count > 0)
                {
                    yield return (about.Count < 2 ? Polarity.Content(before + words) : about, numbers);
                }

                before = words;
            }
        }
    }

    // What a number is about are the words beside it, not its own digits and unit.
    [GeneratedRegex(@"[\d.,]+\s*(?:[到至~—-]+\s*[\d.,]+)?\s*(?:个?工作日|天|日|元|年|个?月|周|个?小时|分钟|折|次|件|期|%|厘米|cm|mm|毫米|米|公斤|kg)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Amount();
}
