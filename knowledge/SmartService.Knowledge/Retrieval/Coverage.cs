using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>How much of a question's content some text holds.</summary>
/// <param name="Share">0 to 1, by weight.</param>
/// <param name="Missing">Weight of the content that is missing; everyday words are left out.</param>
/// <param name="Run">The heaviest run in a row of it: 停车 weighs more than two characters here and there.</param>
/// <param name="Mass">Weight of all content.</param>
/// <param name="Words">What is missing, in the question's words.</param>
internal sealed record Coverage(double Share, double Missing, double Run, double Mass, IReadOnlyList<string> Words)
{
    public static Coverage None { get; } = new(0, 0, 0, 0, []);

    /// <summary>A synonym says nearly the same.</summary>
    private const double SynonymCredit = 0.9;

    /// <summary>A character alone says little: 开 and 门 are everywhere, 开门 is not.</summary>
    private const double CharacterCredit = 0.25;

    private const double AloneCredit = 0.6;

    /// <summary>Everyday words count, but little.</summary>
    private const double CommonWeight = 0.3;

    /// <summary>Measures the question against the evidence.</summary>
    /// <param name="question">The question.</param>
    /// <param name="evidence">The text.</param>
    /// <param name="weights">How telling words are.</param>
    /// <param name="granted">Units that something else than this text answers, such as the product that a row is about.</param>
    public static Coverage Of(Question question, Evidence evidence, Weights weights, Func<Unit, bool>? granted = null)
    {
        double all = 0, held = 0, missing = 0, run = 0, worst = 0;
        var runEnd = -1;
        List<string>? words = null;
        for (var i = 0; i < question.Units.Count; i++)
        {
            var unit = question.Units[i];
            var (weight, credit) = Rate(question, i, evidence, weights);
            if (weight == 0)
            {
                continue;
            }

            credit = granted is not null && granted(unit) ? 1 : credit;
            var general = unit.Kind == UnitKind.Category && evidence.IsGeneral;
            if (general && credit < 0.5)
            {
                weight *= CommonWeight;
            }

            all += weight;
            held += weight * credit;
            if (credit >= 0.5 || unit.Kind == UnitKind.Common || general)
            {
                continue;
            }

            missing += weight * (1 - credit);
            run = runEnd == unit.Start ? run + (weight * (1 - credit)) : weight * (1 - credit);
            runEnd = unit.Start + unit.Length;
            worst = Math.Max(worst, run);
            (words ??= []).Add(unit.Text);
        }

        return all == 0 ? None : new Coverage(held / all, missing, worst, all, words ?? (IReadOnlyList<string>)[]);
    }

    private static (double Weight, double Credit) Rate(Question question, int index, Evidence evidence, Weights weights)
    {
        var unit = question.Units[index];
        switch (unit.Kind)
        {
            case UnitKind.Function:
                return (0, 0);
            case UnitKind.Particle:
                // Content only as a part of a word that the documents know, then it counts like its neighbours.
                var left = IsBesideCharacter(question, index, -1) ? Bigram(question.Text, unit.Start - 1) : null;
                var right = IsBesideCharacter(question, index, 1) ? Bigram(question.Text, unit.Start) : null;
                var known = (left is not null && weights.Count(left) > 0) || (right is not null && weights.Count(right) > 0);
                var here = (left is not null && evidence.Terms.Contains(left)) || (right is not null && evidence.Terms.Contains(right));
                return known && here ? (0.3 * weights.OfCharacter(unit.Text[0]), 1) : (0, 0);
            case UnitKind.Character:
                return (weights.OfCharacter(unit.Text[0]), CharacterHeld(question, index, evidence));
            case UnitKind.Common:
                return (CommonWeight * WordWeight(unit, weights), WordHeld(question, unit, evidence));
            default:
                return (WordWeight(unit, weights), WordHeld(question, unit, evidence));
        }
    }

    private static bool IsBesideCharacter(Question question, int index, int step)
    {
        var other = index + step;
        return other >= 0 && other < question.Units.Count && question.Units[other].Kind == UnitKind.Character
            && (step > 0 ? question.Units[index].Start + 1 == question.Units[other].Start : question.Units[other].Start + 1 == question.Units[index].Start);
    }

    private static string? Bigram(string text, int start) =>
        start >= 0 && start + 1 < text.Length && ChineseText.IsHan(text[start]) && ChineseText.IsHan(text[start + 1]) ? text.Substring(start, 2) : null;

    /// <summary>A character that stands alone between known words is a word: 用什么漆.</summary>
    private static double CharacterHeld(Question question, int index, Evidence evidence)
    {
        var held = CharacterHeld(question.Text, question.Units[index].Start, evidence);
        return held > 0 && question.IsAlone(index) ? Math.Max(held, AloneCredit) : held;
    }

    private static double CharacterHeld(string text, int at, Evidence evidence)
    {
        if (HasPair(text, at - 1, evidence) || HasPair(text, at, evidence))
        {
            return 1;
        }

        return evidence.Text.Contains(text[at], StringComparison.Ordinal) ? CharacterCredit : 0;
    }

    private static bool HasPair(string text, int at, Evidence evidence) =>
        at >= 0 && at + 1 < text.Length && ChineseText.IsHan(text[at]) && ChineseText.IsHan(text[at + 1]) && evidence.HasPair(text, at);

    private static double WordWeight(Unit unit, Weights weights)
    {
        var terms = unit.Length == 1 && ChineseText.IsHan(unit.Text[0]) ? [] : unit.Terms;
        var telling = terms.Count == 0 ? weights.OfCharacter(unit.Text[0]) : terms.Max(weights.Of);
        return Math.Min(!unit.Text.Any(ChineseText.IsHan) ? 2 : unit.Length, 4) * (0.3 + (0.7 * telling));
    }

    private static double WordHeld(Question question, Unit unit, Evidence evidence)
    {
        var alone = unit.Length == 1 && ChineseText.IsHan(unit.Text[0]);
        if (alone ? CharacterHeld(question.Text, unit.Start, evidence) == 1 : evidence.Contains(unit.Text))
        {
            return 1;
        }

        // 桌子 is a 桌.
        if (unit.Others.Any(evidence.Contains) || (unit.Length == 2 && unit.Text[1] == '子' && evidence.Text.Contains(unit.Text[0], StringComparison.Ordinal)))
        {
            return SynonymCredit;
        }

        // Parts of a long word are better than nothing.
        return alone ? evidence.Contains(unit.Text) ? 0.5 : 0 : unit.Terms.Count == 0 ? 0 : 0.7 * unit.Terms.Count(evidence.Terms.Contains) / unit.Terms.Count;
    }
}
