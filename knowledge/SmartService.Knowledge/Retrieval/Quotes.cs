namespace SmartService.Knowledge.Retrieval;

/// <summary>Picks the sentences that answer, literally.</summary>
internal static class Quotes
{
    private const int WholeUpTo = 150;
    private static readonly string[] Names = ["名称", "别名", "编号"];

    public static string Best(Question question, PassageView view, Weights weights)
    {
        var text = view.Row.Text;
        if (view.Row.Subject is not null)
        {
            return Cells(question, view, weights);
        }

        if (text.Length <= WholeUpTo)
        {
            return text.Trim();
        }

        var sentences = view.Pieces;
        var rated = sentences.Select(sentence => Rate(question, sentence.Evidence, weights)).ToList();
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
    private static string Cells(Question question, PassageView view, Weights weights)
    {
        var asked = question.Unnamed;
        var text = view.Row.Text;
        var rated = view.Pieces.Where(cell => !Array.Exists(Names, name => text.AsSpan(cell.Start).StartsWith(name, StringComparison.Ordinal)))
            .Select(cell => (cell, rating: Rate(asked, cell.Evidence, weights))).ToList();
        if (rated.Count == 0 || rated.Max(pair => pair.rating) is not (> 0.2 and var best))
        {
            return text;
        }

        var piece = rated.Last(pair => pair.rating >= best - 0.001).cell;
        return text.Substring(piece.Start, piece.Length).TrimEnd('；');
    }

    private static double Rate(Question question, Evidence sentence, Weights weights) =>
        Coverage.Of(question, sentence, weights).Share + (question.Type?.HeldBy(question.Text, sentence.Text) == true ? 0.2 : 0);
}
