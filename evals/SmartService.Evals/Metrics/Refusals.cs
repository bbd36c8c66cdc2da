namespace SmartService.Evals.Metrics;

/// <summary>How well "I do not know" is placed, as outcomes per question. Saying it always gives full recall, never full precision.</summary>
public static class Refusals
{
    /// <summary>Of the questions that were refused: true where the knowledge base indeed does not hold the answer.</summary>
    public static IReadOnlyDictionary<string, bool> Precision(IEnumerable<RefusalCase> cases) =>
        cases.Where(one => one.Refused).ToDictionary(one => one.Id, one => !one.Answerable, StringComparer.Ordinal);

    /// <summary>Of the questions that the knowledge base does not answer: true where they were refused.</summary>
    public static IReadOnlyDictionary<string, bool> Recall(IEnumerable<RefusalCase> cases) =>
        cases.Where(one => !one.Answerable).ToDictionary(one => one.Id, one => one.Refused, StringComparer.Ordinal);
}

/// <param name="Id">Of the question.</param>
/// <param name="Answerable">Whether the knowledge base holds the answer.</param>
/// <param name="Refused">Whether the bot said that it does not know.</param>
public sealed record RefusalCase(string Id, bool Answerable, bool Refused);
