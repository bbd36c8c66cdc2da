using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers.Checking;

/// <summary>
/// Whether what a text allows is allowed. A small model said 「床垫拆封后可以退，但不支持无理由退货」 where the source has only
/// the second half; the words of the first are the customer's own.
/// </summary>
internal static partial class Permissions
{
    private const double Close = 0.6;

    /// <summary>Whether each clause that allows something is close to one of the sources that denies nothing. Their questions are none.</summary>
    public static bool Agree(string text, IReadOnlyList<Evidence> sources)
    {
        var allowed = sources.SelectMany(source => Polarity.Statements(source.Text)).Where(statement => !Polarity.Denies(statement.Statement))
            .Select(statement => Polarity.Content(statement.About)).ToList();
        return IsFree(text, sources) && Polarity.Statements(text).Where(said => said.About == said.Statement && Allows().IsMatch(said.Statement) && !Polarity.Denies(said.Statement))
            .Select(said => Polarity.Content(said.Statement))
            .All(said => allowed.Exists(other => said.Count(other.Contains) >= Close * said.Count));
    }

    /// <summary>One word more, 「免费换布」 for 「付费换布」, is a promise: what is free must be free in the same words.</summary>
    private static bool IsFree(string text, IReadOnlyList<Evidence> sources)
    {
        var (said, known) = (PlainText.Compact(text), PlainText.Compact(string.Join('\n', sources.Select(source => source.Text))));
        return Free().Matches(said).All(free => new[] { free.Groups["before"].Value + free.Value, free.Value + free.Groups["behind"].Value }
            .Any(words => words.Length > free.Length && known.Contains(words, StringComparison.Ordinal)));
    }

    [GeneratedRegex("(?<=(?<before>\\w{2})|^)(免费|包邮|赠送)(?=(?<behind>\\w{2})?)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Free();

    [GeneratedRegex("可以|能够?|支持|允许|免费|包邮", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Allows();
}
