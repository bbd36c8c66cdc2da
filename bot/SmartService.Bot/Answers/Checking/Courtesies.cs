using System.Text.RegularExpressions;
using SmartService.Bot.Texts;

namespace SmartService.Bot.Answers.Checking;

/// <summary>
/// What a model may say without a source: a closed list of set phrases in <c>courtesies.yaml</c>. Anything else behind
/// 「好的，」 or 「抱歉，」 is a statement and is checked like one.
/// </summary>
internal static class Courtesies
{
    private const string Mark = @"[\s，,。.！!？?～~、；;…]*";
    private static readonly string Phrase = $"(?:{string.Join('|', TextFile.Load<List<string>>("courtesies.yaml"))})";

    // NonBacktracking: a model writes the input.
    private static readonly Regex Whole = new($"^{Mark}(?:{Phrase}{Mark})+$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    private static readonly Regex Lead = new($@"^(?:{Phrase}[\s，,。.！!～~、；;…]+)+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>The sentence without the set phrases in front; empty when it is nothing else.</summary>
    public static string WithoutLead(string sentence) => Whole.IsMatch(sentence) ? "" : Lead.Replace(sentence, "");
}
