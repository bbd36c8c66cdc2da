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
        var about = About(view);
        var coverage = Coverage.Of(question, view.All, understood.Weights, unit => Answered(unit, view, about));
        var title = Coverage.Of(question, view.Title, understood.Weights).Share;
        var faq = view.Row.Question is null ? 0 : FaqMatch.Of(question, _asked, view, understood.Weights);
        var holds = question.Type?.Holds.IsMatch(view.Answer) ?? true;
        var score = (0.55 * coverage.Share) + (0.3 * Math.Max(faq * faq, 0.5 * title)) + (0.1 * (holds ? 1 : 0)) - (coverage.Mass == 0 ? 0 : 0.2 * coverage.Run / coverage.Mass) + (about ? 0.1 : 0);
        if (understood.Products.Count > 0 && view.Row.Subject is not null && !about)
        {
            score -= 0.3;
        }

        // The row of some product is rarely the answer to a question that names none.
        if (understood.Products.Count == 0 && understood.Filter is null && view.Row.Subject is not null)
        {
            score -= 0.1;
        }

        return new Candidate(view, Math.Max(score, 0), coverage, faq, title, holds);
    }

    /// <summary>
    /// Whether some rule covers more of the question than the facts of the product that it names: 三人位换布要多少钱 asks
    /// for the price of new covers, not of the sofa.
    /// </summary>
    public bool RulesSayMore(IReadOnlyList<Candidate> scored) =>
        understood.Found.Facts.Count > 0 && FactCoverage(understood.Question, scored) is { Share: < 0.9 } facts
        && scored.Any(candidate => candidate.View.Row.Subject is null && candidate.HoldsType && candidate.Coverage.Share > facts.Share + 0.08);

    /// <param name="scored">Best first.</param>
    /// <param name="outdated">What was or will be true, best first.</param>
    public (Features Features, IReadOnlyList<string> Missing) Describe(IReadOnlyList<Candidate> scored, IReadOnlyList<Candidate> outdated)
    {
        var best = scored.Count > 0 ? scored[0] : null;
        var facts = understood.Found.Facts;
        // Of a product that is named and found, only the rest of the question can still be missing.
        var asked = understood.Question is { HasContent: true } && understood.Products.Count > 0 && understood.Question.Unnamed is { HasContent: true } unnamed
            && (facts.Count > 0 || (best is not null && About(best.View))) ? unnamed : understood.Question;
        var coverage = facts.Count > 0 ? FactCoverage(asked, scored)
            : best is not null ? Coverage.Of(asked, best.View.All, understood.Weights, unit => Answered(unit, best.View, About(best.View)))
            : Coverage.Of(asked, Evidence.Nothing, understood.Weights);
        var typed = understood.Question.Type is not null;
        var holds = facts.Count > 0 || (best is not null && HoldsType(best.View));
        var features = new Features
        {
            Missing = Math.Min(coverage.Missing, 6) / 6,
            Run = Math.Min(coverage.Run, 4) / 4,
            Unknown = Math.Min(UnknownWeight(), 3) / 3,
            Faq = best?.Faq ?? 0,
            Fact = facts.Count == 0 ? 0 : Math.Max(0, (understood.Found.Overview ? 0.5 : understood.Found.ByRelation ? 1 : 0.8) - (coverage.Missing / 3)),
            Close = facts.Count > 0 || best is null ? coverage.Share : CloseCoverage(asked, best.View) * (typed && !holds ? 0.5 : 1),
            Thin = facts.Count == 0 && !(typed && holds) && best is { Title: < 0.1, Faq: < 0.5 } ? Math.Max(0, 1 - (coverage.Mass / 8)) : 0,
            TypeMissed = typed && !holds ? 1 : 0,
            Outdated = facts.Count > 0 || outdated.Count == 0 ? 0 : Math.Clamp(outdated[0].Score - (best?.Score ?? 0) + 0.05, 0, 0.3) / 0.3,
            Margin = scored.Count > 1 ? Math.Min(0.3, scored[0].Score - scored[1].Score) : 0,
        };
        return (features, coverage.Words);
    }

    /// <summary>With facts, the product and what is asked about it are answered; the rows must hold the rest.</summary>
    private Coverage FactCoverage(Question asked, IReadOnlyList<Candidate> scored)
    {
        var subjects = understood.Found.Facts.Select(fact => fact.Subject).ToHashSet(StringComparer.Ordinal);
        var rows = new Evidence(string.Join('\n', scored.Where(candidate => candidate.View.Row.Subject is { } subject && subjects.Contains(subject)).Select(candidate => candidate.View.All.Text)
            .Concat(understood.Found.Facts.Select(fact => $"{fact.Subject} {fact.Relation} {fact.Value}"))), general: false);
        return Coverage.Of(
            asked,
            rows,
            understood.Weights,
            unit => unit.Kind == UnitKind.Product || (unit.Kind == UnitKind.Relation && (understood.Found.ByRelation || understood.Found.Overview)) || understood.Found.Spans.Any(span => unit.Start < span.Start + span.Length && unit.Start + unit.Length > span.Start));
    }

    private bool About(PassageView view) => view.Row.Subject is { } subject && understood.Products.Contains(subject, StringComparer.Ordinal);

    /// <summary>As coverage, by the one sentence that says most; words far apart in a long passage may have nothing to do with each other.</summary>
    private double CloseCoverage(Question asked, PassageView view)
    {
        var best = 0.0;
        foreach (var sentence in view.Sentences)
        {
            best = Math.Max(best, Coverage.Of(asked, sentence, understood.Weights, unit => Answered(unit, view, About(view))).Share);
        }

        return best;
    }

    /// <summary>A row is about its product whatever it is called in the question, and a sum of money answers 多少钱.</summary>
    private bool Answered(Unit unit, PassageView view, bool about) =>
        (unit.Kind == UnitKind.Product && about)
        || (unit.Kind == UnitKind.Relation && understood.Question.Type is { } type && type.Asks.IsMatch(unit.Text) && type.Holds.IsMatch(view.Answer));

    private bool HoldsType(PassageView view) => understood.Question.Type is not { } type
        || type.HeldBy(understood.Question.Text, view.Row.Subject is null || AnswerType.HasMeasure(understood.Question.Text)
            ? view.Answer
            : Text.ChineseText.Normalize(Quotes.Best(understood.Question, view, understood.Weights)).Text);

    /// <summary>The weight of the content that no document of the whole knowledge base holds.</summary>
    private double UnknownWeight()
    {
        var unknown = 0.0;
        for (var i = 0; i < understood.Question.Units.Count; i++)
        {
            var unit = understood.Question.Units[i];
            unknown += unit.Kind switch
            {
                UnitKind.Character when !KnownCharacter(unit.Start) && !(understood.Question.IsAlone(i) && understood.Weights.Count($"{TermCounts.CharacterMark}{unit.Text}") > 0) => 1,
                UnitKind.Word or UnitKind.Relation when unit.Length > 1 && !unit.Others.Append(unit.Text.EndsWith('子') && unit.Length == 2 ? $"{TermCounts.CharacterMark}{unit.Text[0]}" : unit.Text).Any(Known) => Math.Min(unit.Length, 3),
                _ => 0,
            };
        }

        return unknown;
    }

    private bool Known(string word) => word[0] == TermCounts.CharacterMark ? understood.Weights.Count(word) > 0 : Text.IndexTerms.Of(word).All(term => understood.Weights.Count(term) > 0);

    private bool KnownCharacter(int at)
    {
        var text = understood.Question.Text;
        return (at > 0 && understood.Weights.Count(text.Substring(at - 1, 2)) > 0) || (at + 1 < text.Length && understood.Weights.Count(text.Substring(at, 2)) > 0);
    }
}
