using System.Text.RegularExpressions;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Texts;
using SmartService.Knowledge;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>Answers without a model: typed facts as sentences, FAQ answers and passages literally, always with the source.</summary>
internal static partial class Composer
{
    private const int MaxLines = 12;

    /// <summary>A second passage is quoted when it is nearly as good as the first.</summary>
    private const double NearlyAsGood = 0.92;

    /// <summary>The answer, or null when what was found does not answer.</summary>
    public static Answer? Compose(string question, Grounding grounding)
    {
        if (!grounding.Answerable)
        {
            return null;
        }

        if (grounding.Facts.Count > 0)
        {
            return FactAnswer(question, grounding.Facts);
        }

        if (grounding.Faq is { } faq)
        {
            return new Answer(WithSources(faq.Text, [faq.Source]), [new Citation(faq.Id, faq.Source, faq.Text)], "faq");
        }

        var quoted = Quotable(grounding.Passages);
        return quoted.Count == 0 ? null : new Answer(
            string.Join('\n', quoted.Select(passage => WithSources(passage.Quote, [passage.Source]))),
            [.. quoted.Select(passage => new Citation(passage.Id, passage.Source, passage.Quote))],
            "passage");
    }

    /// <summary>Everything that is known about a product, for a card that came without a question.</summary>
    public static Answer Facts(string question, IReadOnlyList<Fact> facts) => FactAnswer(question, facts);

    private static List<Passage> Quotable(IReadOnlyList<Passage> passages)
    {
        // What talks to a language model is not for customers.
        var readable = passages.Where(passage => !string.IsNullOrWhiteSpace(passage.Quote) && !Evidence.IsOrder(passage.Quote)).ToList();
        return [.. readable.Take(1), .. readable.Skip(1).Take(1).Where(second =>
            second.Score >= readable[0].Score * NearlyAsGood && second.Source != readable[0].Source && !readable[0].Quote.Contains(second.Quote, StringComparison.Ordinal))];
    }

    private static Answer FactAnswer(string question, IReadOnlyList<Fact> facts)
    {
        var differences = Differences(facts);
        var shown = differences ?? facts.Take(MaxLines).ToList();
        var subjects = shown.Select(fact => fact.Subject).Distinct(StringComparer.Ordinal).ToList();
        var relations = shown.Select(fact => fact.Relation).Distinct(StringComparer.Ordinal).ToList();
        var lines = new List<string>();
        if (shown.Count == 1)
        {
            lines.Add(Sentence(shown[0]));
        }
        else if (differences is not null)
        {
            lines.Add(Wording.Replies["facts_list"]);
            lines.AddRange(relations.Select(relation => Wording.Replies.Fill(
                "fact_line",
                ("subject", relation),
                ("values", string.Join("；", shown.Where(fact => fact.Relation == relation).Select(fact => $"{fact.Subject} {fact.Value}"))))));
        }
        else if (subjects.Count == 1)
        {
            lines.Add(Wording.Replies.Fill("facts_subject", ("subject", subjects[0])));
            lines.AddRange(shown.Select(fact => Wording.Replies.Fill("fact_line", ("subject", fact.Relation), ("values", fact.Value))));
        }
        else
        {
            lines.Add(relations.Count == 1 ? Wording.Replies.Fill("facts_compare", ("relation", relations[0])) : Wording.Replies["facts_list"]);
            lines.AddRange(subjects.Select(subject => Wording.Replies.Fill("fact_line", ("subject", subject), ("values", Values(shown, subject, relations.Count)))));
            if (relations.Count == 1 && Range(question, shown) is { } range)
            {
                lines.Add(range);
            }
        }

        if (differences is null && facts.Count > shown.Count)
        {
            lines.Add(Wording.Replies.Fill("facts_more", ("count", $"{facts.Count}"), ("shown", $"{shown.Count}")));
        }

        return new Answer(
            WithSources(string.Join('\n', lines), [.. shown.Select(fact => fact.Source).Distinct(StringComparer.Ordinal)]),
            [.. shown.Select(fact => new Citation(fact.Id, fact.Source, $"{fact.Subject} {fact.Relation} {fact.Value}"))],
            "fact");
    }

    /// <summary>Where a few products have more facts than a message shows: what they differ in, numbers first; else null.</summary>
    private static List<Fact>? Differences(IReadOnlyList<Fact> facts)
    {
        var subjects = facts.Select(fact => fact.Subject).Distinct(StringComparer.Ordinal).Count();
        if (facts.Count <= MaxLines || subjects is < 2 or > 4)
        {
            return null;
        }

        var differing = facts.GroupBy(fact => fact.Relation, StringComparer.Ordinal)
            .Where(relation => relation.Count() == subjects && relation.Select(fact => fact.Value).Distinct(StringComparer.Ordinal).Skip(1).Any())
            .OrderByDescending(relation => relation.All(fact => fact.Number is not null))
            .Take(MaxLines)
            .SelectMany(relation => relation)
            .ToList();
        return differing.Count == 0 ? null : differing;
    }

    private static string Sentence(Fact fact) =>
        Wording.Replies.Fill(Flag().IsMatch(fact.Value) ? "fact_flag" : "fact", ("subject", fact.Subject), ("relation", fact.Relation), ("value", fact.Value.TrimEnd('。')));

    private static string Values(List<Fact> facts, string subject, int relations) =>
        string.Join("；", facts.Where(fact => fact.Subject == subject).Select(fact => relations == 1 ? fact.Value : fact.Relation + fact.Value));

    // Only when the question compares, and only over one unit.
    private static string? Range(string question, List<Fact> facts)
    {
        if (!Comparing().IsMatch(question) || facts.Exists(fact => fact.Number is null || fact.Unit != facts[0].Unit))
        {
            return null;
        }

        var (low, high) = (facts.MinBy(fact => fact.Number)!, facts.MaxBy(fact => fact.Number)!);
        return low.Number == high.Number ? null : Wording.Replies.Fill(
            "fact_range", ("relation", low.Relation), ("low", low.Subject), ("lowvalue", low.Value), ("high", high.Subject), ("highvalue", high.Value));
    }

    internal static string WithSources(string text, IReadOnlyList<string> sources)
    {
        var named = sources.Distinct(StringComparer.Ordinal).ToList();
        // Rows of one table differ only behind the document's name.
        if (named.Count > 3)
        {
            named = [.. named.Select(source => source.Split('›', '》')[0].Trim() is var head && head.StartsWith('《') ? head + "》" : head).Distinct(StringComparer.Ordinal).Take(3)];
        }

        return $"{text.TrimEnd()}\n{Wording.Replies.Fill("source", ("source", string.Join("；", named)))}";
    }

    [GeneratedRegex("^(是|否|有|无|支持|不支持|可以|不可以|不含|包含|含)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Flag();

    [GeneratedRegex("哪|最|比|便宜|贵|更|差多少|区别|对比", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comparing();
}
