using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>Picks the sentences that answer, literally.</summary>
internal static class Quotes
{
    private const int WholeUpTo = 150;

    public static string Best(Question question, PassageRow row, Weights weights)
    {
        var text = row.Text;
        if (row.Subject is not null)
        {
            return Cells(question, row, weights);
        }

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

    /// <summary>Of a product's row the cells that answer; its names are in every question about it and answer nothing.</summary>
    private static string Cells(Question question, PassageRow row, Weights weights)
    {
        var asked = question.Unnamed;
        var rated = Sentences.Split(row.Text).Select(cell => (cell, text: row.Text.Substring(cell.Start, cell.Length)))
            .Where(pair => !pair.text.StartsWith("名称", StringComparison.Ordinal) && !pair.text.StartsWith("别名", StringComparison.Ordinal) && !pair.text.StartsWith("编号", StringComparison.Ordinal))
            .Select(pair => (pair.cell, rating: Rate(asked, pair.text, weights))).ToList();
        if (rated.Count == 0 || rated.Max(pair => pair.rating) is not (> 0.2 and var best))
        {
            return row.Text;
        }

        var (start, length) = rated.Last(pair => pair.rating >= best - 0.001).cell;
        return row.Text.Substring(start, length).TrimEnd('；');
    }

    private static double Rate(Question question, string sentence, Weights weights)
    {
        var evidence = new Evidence(ChineseText.Normalize(sentence).Text);
        return Coverage.Of(question, evidence, weights).Share + (question.Type?.HeldBy(question.Text, evidence.Text) == true ? 0.2 : 0);
    }
}
