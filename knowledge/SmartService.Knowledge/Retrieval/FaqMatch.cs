namespace SmartService.Knowledge.Retrieval;

/// <summary>Whether a question and an entry of the FAQ ask for the same thing.</summary>
internal static class FaqMatch
{
    /// <summary>The best likeness, 0 to 1, over the entry's wordings: the words of each must be in the other.</summary>
    public static double Of(Question asked, Evidence askedText, PassageView entry, Weights weights)
    {
        var best = 0.0;
        foreach (var (wording, evidence) in entry.Questions)
        {
            var there = Coverage.Of(asked, evidence, weights).Share;
            if (there <= best / 2)
            {
                continue;
            }

            var back = Coverage.Of(wording, askedText, weights).Share;
            best = Math.Max(best, there + back == 0 ? 0 : 2 * there * back / (there + back));
        }

        return best;
    }
}
