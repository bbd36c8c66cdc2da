using System.Runtime.InteropServices;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>How much of a question's content some text holds.</summary>
/// <param name="Share">0 to 1, by weight.</param>
/// <param name="Miss">The heaviest run of content in a row that is missing, as a share of all content.</param>
/// <param name="MissLength">Length of that run in characters.</param>
/// <param name="Mass">Weight of all content.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Coverage(double Share, double Miss, int MissLength, double Mass)
{
    /// <summary>A synonym says nearly the same.</summary>
    private const double SynonymCredit = 0.9;

    /// <summary>A character alone says little: 开 and 门 are everywhere, 开门 is not.</summary>
    private const double CharacterCredit = 0.25;

    /// <summary>Measures the question against the evidence.</summary>
    /// <param name="question">The question.</param>
    /// <param name="evidence">The text.</param>
    /// <param name="weights">How telling words are.</param>
    /// <param name="granted">Units that something else than this text answers, such as the product that a row is about.</param>
    public static Coverage Of(Question question, Evidence evidence, Weights weights, Func<Unit, bool>? granted = null)
    {
        double all = 0, held = 0, run = 0, worst = 0;
        int runLength = 0, worstLength = 0, runEnd = -1;
        for (var i = 0; i < question.Units.Count; i++)
        {
            var unit = question.Units[i];
            var (weight, credit) = Rate(question, i, evidence, weights);
            if (weight == 0)
            {
                continue;
            }

            credit = granted is not null && granted(unit) ? 1 : credit;
            all += weight;
            held += weight * credit;
            if (credit >= 0.5)
            {
                continue;
            }

            (run, runLength) = runEnd == unit.Start ? (run + (weight * (1 - credit)), runLength + unit.Length) : (weight * (1 - credit), unit.Length);
            runEnd = unit.Start + unit.Length;
            if (run > worst)
            {
                (worst, worstLength) = (run, runLength);
            }
        }

        return all == 0 ? new Coverage(0, 0, 0, 0) : new Coverage(held / all, worst / all, worstLength, all);
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
                return (weights.OfCharacter(unit.Text[0]), CharacterHeld(question.Text, unit.Start, evidence));
            default:
                return (WordWeight(unit, weights), WordHeld(unit, evidence));
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

    private static double CharacterHeld(string text, int at, Evidence evidence)
    {
        if ((Bigram(text, at - 1) is { } left && evidence.Terms.Contains(left)) || (Bigram(text, at) is { } right && evidence.Terms.Contains(right)))
        {
            return 1;
        }

        return evidence.Text.Contains(text[at], StringComparison.Ordinal) ? CharacterCredit : 0;
    }

    private static double WordWeight(Unit unit, Weights weights)
    {
        var terms = unit.Length == 1 && ChineseText.IsHan(unit.Text[0]) ? [] : IndexTerms.Of(unit.Text);
        var telling = terms.Count == 0 ? weights.OfCharacter(unit.Text[0]) : terms.Max(weights.Of);
        return Math.Min(!unit.Text.Any(ChineseText.IsHan) ? 2 : unit.Length, 4) * (0.3 + (0.7 * telling));
    }

    private static double WordHeld(Unit unit, Evidence evidence)
    {
        if (evidence.Contains(unit.Text))
        {
            return 1;
        }

        if (unit.Others.Any(evidence.Contains))
        {
            return SynonymCredit;
        }

        // Parts of a long word are better than nothing.
        var terms = IndexTerms.Of(unit.Text);
        return terms.Count == 0 ? 0 : 0.7 * terms.Count(evidence.Terms.Contains) / terms.Count;
    }
}
