using SmartService.Knowledge.Store;

namespace SmartService.Knowledge.Retrieval;

/// <summary>A question with everything that was understood and looked up about it.</summary>
internal sealed record Understood(Question Question, Weights Weights, IReadOnlyList<string> Products, ProductFilter? Filter, FoundFacts Found, bool Carried);

/// <summary>A passage with what it is worth for a question.</summary>
internal sealed record Candidate(PassageView View, double Score, Coverage Coverage, double Faq, double Title, bool HoldsType);

/// <summary>Scores passages, and describes the best evidence for the decision.</summary>
internal sealed class Scorer(Understood understood)
{
    private readonly Evidence _asked = new(understood.Question.Text);

    public Candidate Score(PassageView view)
    {
        var question = understood.Question;
        var about = view.Row.Subject is { } subject && understood.Products.Contains(subject, StringComparer.Ordinal);
        var coverage = Coverage.Of(question, view.All, understood.Weights, unit => Answered(unit, view, about));
        var title = Coverage.Of(question, view.Title, understood.Weights).Share;
        var faq = view.Row.Question is null ? 0 : FaqMatch.Of(question, _asked, view, understood.Weights);
        var holds = question.Type?.Holds.IsMatch(view.Answer) ?? true;
        var score = (0.55 * coverage.Share) + (0.3 * Math.Max(faq * faq, 0.5 * title)) + (0.1 * (holds ? 1 : 0)) - (0.2 * coverage.Miss) + (about ? 0.1 : 0);
        if (understood.Products.Count > 0 && view.Row.Subject is not null && !about)
        {
            score -= 0.3;
        }

        return new Candidate(view, Math.Max(score, 0), coverage, faq, title, holds);
    }

    /// <summary>
    /// Whether some rule covers more of the question than the facts of the product that it names: 三人位换布要多少钱 asks
    /// for the price of new covers, not of the sofa.
    /// </summary>
    public bool RulesSayMore(IReadOnlyList<Candidate> scored) =>
        understood.Found.Facts.Count > 0 && FactCoverage(scored) is { Share: < 0.9 } facts
        && scored.Any(candidate => candidate.View.Row.Subject is null && candidate.HoldsType && candidate.Coverage.Share > facts.Share + 0.08);

    public Features Describe(IReadOnlyList<Candidate> scored)
    {
        var best = scored.Count > 0 ? scored[0] : null;
        var facts = understood.Found.Facts;
        var coverage = facts.Count > 0 ? FactCoverage(scored) : best?.Coverage ?? default;
        var holds = facts.Count > 0 || (best is not null && HoldsType(best.View));
        var typed = understood.Question.Type is not null;
        var matched = understood.Products.Count > 0 && (facts.Count > 0
            || (best is not null && (understood.Products.Contains(best.View.Row.Subject ?? "", StringComparer.Ordinal)
                || understood.Question.Mentions.Any(mention => best.View.All.Contains(understood.Question.Text.Substring(mention.Start, mention.Length))))));
        return new Features
        {
            Coverage = coverage.Share,
            Faq = scored.Count > 0 ? scored.Max(candidate => candidate.Faq) : 0,
            Fact = facts.Count == 0 ? 0 : understood.Found.Overview ? 0.5 : 1,
            Miss = coverage.Miss,
            MissLength = Math.Min(coverage.MissLength, 4) / 4.0,
            TypeHeld = typed && holds ? 1 : 0,
            TypeMissed = typed && !holds ? 1 : 0,
            ProductMatched = matched ? 1 : 0,
            ProductMissed = understood.Products.Count > 0 && !matched ? 1 : 0,
            Unknown = UnknownShare(),
            Mass = Math.Min(coverage.Mass, 10) / 10,
            Title = best?.Title ?? 0,
            Agreed = best is { Faq: > 0 } && best.Faq >= scored.Max(candidate => candidate.Faq) ? best.Faq : 0,
            Margin = scored.Count > 1 ? Math.Min(1, scored[0].Score - scored[1].Score) : 0,
        };
    }

    /// <summary>With facts, the product and what is asked about it are answered; the rows must hold the rest.</summary>
    private Coverage FactCoverage(IReadOnlyList<Candidate> scored)
    {
        var subjects = understood.Found.Facts.Select(fact => fact.Subject).ToHashSet(StringComparer.Ordinal);
        var rows = new Evidence(string.Join('\n', scored.Where(candidate => candidate.View.Row.Subject is { } subject && subjects.Contains(subject)).Select(candidate => candidate.View.All.Text)
            .Concat(understood.Found.Facts.Select(fact => $"{fact.Subject} {fact.Relation} {fact.Value}"))));
        return Coverage.Of(
            understood.Question,
            rows,
            understood.Weights,
            unit => unit.Kind is UnitKind.Product or UnitKind.Relation || understood.Found.Spans.Any(span => unit.Start < span.Start + span.Length && unit.Start + unit.Length > span.Start));
    }

    /// <summary>A row is about its product whatever it is called in the question, and a sum of money answers 多少钱.</summary>
    private bool Answered(Unit unit, PassageView view, bool about) =>
        (unit.Kind == UnitKind.Product && about)
        || (unit.Kind == UnitKind.Relation && understood.Question.Type is { } type && type.Asks.IsMatch(unit.Text) && type.Holds.IsMatch(view.Answer));

    private bool HoldsType(PassageView view) => understood.Question.Type is not { } type
        || type.HeldBy(understood.Question.Text, Text.ChineseText.Normalize(Quotes.Best(understood.Question, view.Row, understood.Weights)).Text);

    /// <summary>The share of the content that no document of the whole knowledge base holds.</summary>
    private double UnknownShare()
    {
        double all = 0, unknown = 0;
        var units = understood.Question.Units;
        for (var i = 0; i < units.Count; i++)
        {
            if (units[i].Kind is not (UnitKind.Character or UnitKind.Word))
            {
                continue;
            }

            all += units[i].Length;
            var known = units[i].Kind == UnitKind.Character
                ? KnownCharacter(units[i].Start)
                : units[i].Length == 1 || units[i].Others.Append(units[i].Text).Any(word => Text.IndexTerms.Of(word).All(term => understood.Weights.Count(term) > 0));
            unknown += known ? 0 : units[i].Length;
        }

        return all == 0 ? 0 : unknown / all;
    }

    private bool KnownCharacter(int at)
    {
        var text = understood.Question.Text;
        return (at > 0 && understood.Weights.Count(text.Substring(at - 1, 2)) > 0) || (at + 1 < text.Length && understood.Weights.Count(text.Substring(at, 2)) > 0);
    }
}
