using System.Globalization;
using System.Text.RegularExpressions;
using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>Answers questions about products from the typed facts.</summary>
internal sealed partial class FactFinder(KnowledgeStore store)
{
    private const int MostProducts = 8;
    private static readonly char[] Separators = ['、', '，', ',', '/', ' ', ';', '；'];

    /// <summary>Facts about the products that the question names.</summary>
    public async Task<FoundFacts> AboutAsync(Question question, IReadOnlyList<string> products, Catalogue catalogue, long asOf, CancellationToken cancellationToken)
    {
        var facts = await store.FactsAboutAsync(products, [], asOf, cancellationToken);
        var relations = question.Relations.ToList();
        if (products.Count > 1 && ProductFilter.Compared(question.Text) is { } compared && relations.Count == 0)
        {
            relations.AddRange(Lexicon.Relations.Where(relation => relation.Name == compared));
        }

        var wanted = facts.Where(fact => relations.Exists(relation => Answers(relation, fact.Relation, catalogue))).ToList();
        // 折叶展开多大 is answered where 展开 stands, not by the size column.
        var rest = Rest(question, question.Type is null ? products : []);
        var said = rest.Count == 0 ? [] : facts.Where(fact => fact.Number is null && IndexTerms.Of(ChineseText.Normalize(fact.Value).Text).Overlaps(rest)).ToList();
        if (wanted.Count == 0 && relations.Count == 0)
        {
            wanted = [.. facts.Where(fact => Names(question.Text, fact))];
        }

        var byRelation = wanted.Count > 0;
        if (relations.Count > 0 && !byRelation)
        {
            // 承重 may stand in a description instead of a column; a brand that stands nowhere is not answered by other words.
            said = [.. facts.Where(fact => fact.Number is null && relations.Exists(relation => relation.Headers.Any(header => fact.Value.Contains(header, StringComparison.Ordinal))))];
        }

        if (said.Count > 0 && (wanted.Count == 0 || question.Type is not null))
        {
            wanted = [.. said.Where(fact => question.Type is not { } type || type.HeldBy(question.Text, ChineseText.Normalize(fact.Value).Text)).Union(wanted)];
        }

        var overview = wanted.Count == 0 && (Overview().IsMatch(question.Text) || (question.Type is null && question.Units.All(unit => unit.Kind is UnitKind.Product or UnitKind.Function or UnitKind.Particle)));
        return new FoundFacts(Order(overview ? [.. facts] : wanted, products), overview, byRelation, Spans(question.Text));
    }

    /// <summary>The products that fit a description, by what the description is about.</summary>
    public async Task<FoundFacts> FittingAsync(ProductFilter filter, IReadOnlyList<string> candidates, IReadOnlyList<(int Start, int Length)> spans, long asOf, CancellationToken cancellationToken)
    {
        var relation = Lexicon.Relations.First(known => known.Name == filter.Relation);
        var facts = (await store.FactsAboutAsync([.. candidates.Take(400)], relation.Headers, asOf, cancellationToken))
            .Select(fact => (fact, value: (decimal?)fact.Number ?? FirstNumber(fact.Value))).Where(pair => pair.value is { } value && filter.Accepts(value)).ToList();
        var ordered = filter.Ascending == false
            ? facts.OrderByDescending(pair => pair.value).ThenBy(pair => pair.fact.Subject, StringComparer.Ordinal)
            : facts.OrderBy(pair => pair.value).ThenBy(pair => pair.fact.Subject, StringComparer.Ordinal);
        return new FoundFacts([.. ordered.Select(pair => pair.fact).DistinctBy(fact => fact.Subject).Take(filter.Ascending is null ? MostProducts : 1)], false, true, [.. spans, (filter.Start, filter.Length)]);
    }

    /// <summary>The pairs of characters that are neither the product nor what is usually asked.</summary>
    /// <param name="question">The question.</param>
    /// <param name="products">Products whose names are left out; none when only values of a certain kind are looked for.</param>
    private static HashSet<string> Rest(Question question, IReadOnlyList<string> products)
    {
        var rest = IndexTerms.Of(string.Concat(question.Units.Select(unit => unit.Kind is UnitKind.Character or UnitKind.Word or UnitKind.Category or UnitKind.Particle ? unit.Text : " ")));
        foreach (var product in products)
        {
            rest.ExceptWith(IndexTerms.Of(ChineseText.Normalize(product).Text));
        }

        rest.RemoveWhere(term => term.Length < 2);
        return rest;
    }

    /// <summary>Words that ask for a comparison or an overview; the facts side by side answer them.</summary>
    private static List<(int Start, int Length)> Spans(string text)
    {
        var spans = new List<(int, int)>();
        if (ProductFilter.ComparedAt(text) is { } compared)
        {
            spans.Add(compared);
        }

        spans.AddRange(Overview().Matches(text).Select(match => (match.Index, match.Length)));
        return spans;
    }

    private static bool Answers(Relation relation, string header, Catalogue catalogue) =>
        relation.Covers(header) || (relation.Kind == "size" && !catalogue.Relations.Any(relation.Covers) && Lexicon.Relations.First(known => known.Name == "尺寸").Covers(header));

    /// <summary>Whether the words of the question hold the relation or one of its values: 有灰色吗.</summary>
    private static bool Names(string question, FactRow fact)
    {
        var relation = ChineseText.Normalize(fact.Relation).Text;
        return (relation.Length >= 2 && question.Contains(relation, StringComparison.Ordinal))
            || (fact.Number is null && fact.Value.Length <= 60 && fact.Value.Split(Separators, StringSplitOptions.RemoveEmptyEntries)
                .Select(part => ChineseText.Normalize(part).Text).Any(part => part.Length >= 2 && !part.All(char.IsAsciiDigit) && question.Contains(part, StringComparison.Ordinal)
                    && !ChineseText.Normalize(fact.Subject).Text.Contains(part, StringComparison.Ordinal)));
    }

    private static IReadOnlyList<FactRow> Order(List<FactRow> facts, IReadOnlyList<string> products) =>
        [.. products.SelectMany(product => facts.Where(fact => fact.Subject == product)).Take(60)];

    private static decimal? FirstNumber(string value) =>
        Numbers().Match(value) is { Success: true } match && decimal.TryParse(match.Value, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex("区别|差别|差多少|差距|相差|vs|对比|比一下|比较|怎么样|如何|介绍|参数|详情|详细|哪个好|咋样|怎样", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Overview();

    [GeneratedRegex(@"\d+(\.\d+)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Numbers();
}

/// <summary>Facts about products.</summary>
/// <param name="Facts">In the order of the products.</param>
/// <param name="Overview">They are everything that is known.</param>
/// <param name="ByRelation">What is asked for is a column of the table, rather than words somewhere in a row.</param>
/// <param name="Spans">Parts of the question that the facts side by side answer.</param>
internal sealed record FoundFacts(IReadOnlyList<FactRow> Facts, bool Overview, bool ByRelation, IReadOnlyList<(int Start, int Length)> Spans)
{
    public static FoundFacts None { get; } = new([], false, false, []);
}
