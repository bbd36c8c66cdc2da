using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>Picks the sentences that answer, literally.</summary>
internal static class Quotes
{
    private const int WholeUpTo = 150;

    public static string Best(Question question, string text, Weights weights)
    {
        if (text.Length <= WholeUpTo)
        {
            return text.Trim();
        }

        var sentences = Sentences.Split(text);
        var rated = sentences.Select(sentence => Rate(question, text.Substring(sentence.Start, sentence.Length), weights)).ToList();
        var best = rated.IndexOf(rated.Max());
        var (start, end) = (sentences[best].Start, sentences[best].Start + sentences[best].Length);
        // A rule and its exception often stand side by side.
        if (best + 1 < sentences.Count && sentences[best + 1].Start + sentences[best + 1].Length - start <= WholeUpTo && rated[best + 1] >= 0.25)
        {
            end = sentences[best + 1].Start + sentences[best + 1].Length;
        }
        else if (best > 0 && end - sentences[best - 1].Start <= WholeUpTo && rated[best - 1] >= 0.4)
        {
            start = sentences[best - 1].Start;
        }

        return text[start..end];
    }

    private static double Rate(Question question, string sentence, Weights weights)
    {
        var evidence = new Evidence(ChineseText.Normalize(sentence).Text);
        return Coverage.Of(question, evidence, weights).Share + (question.Type?.Holds.IsMatch(evidence.Text) == true ? 0.2 : 0);
    }
}
