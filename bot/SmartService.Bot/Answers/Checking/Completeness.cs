using System.Text.RegularExpressions;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Whether a written answer still says what was asked for. True sentences about something else are no answer.</summary>
internal static partial class Completeness
{
    /// <summary>The sentences that say something: small models repeat the question, or the one of the FAQ.</summary>
    public static IReadOnlyList<string> WithoutQuestions(IReadOnlyList<string> sentences) =>
        [.. sentences.Where(sentence => Courtesies.WithoutLead(sentence).Length == 0 || !IsQuestion().IsMatch(sentence))];

    /// <summary>Whether the text only repeats the question. A yes or no repeats most of it, so that is let through.</summary>
    public static bool Echoes(string question, string text) =>
        !AsksYesOrNo().IsMatch(question) && Polarity.Content(text).Except(Polarity.Content(question)).Count() < 2;

    /// <summary>Whether the question asks for a number, date or address that the quote gives and the text does not.</summary>
    public static bool Lacks(string question, Answer quote, string text)
    {
        if (!AsksForAmount().IsMatch(question))
        {
            return false;
        }

        var said = Claims.Of(text);
        var asked = Polarity.Content(question);
        var wanted = quote.Kind == "fact"
            ? quote.Citations.Select(citation => citation.Quote)
            : quote.Citations.Take(1).Select(citation => Sentences.Cut(citation.Quote).MaxBy(sentence => Polarity.Content(sentence).Count(asked.Contains)) ?? "");
        return !wanted.SelectMany(Claims.Of).Where(claim => claim.Kind != ClaimKind.Word).All(claim => claim.IsIn(said));
    }

    [GeneratedRegex("[?？][」”』\"]*$|[吗嘛][。！!~～ ]*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IsQuestion();

    [GeneratedRegex("[吗么嘛不没][?？。！!~～ ]*$|能不能|可不可以|是不是|有没有|要不要|会不会|行不行|可以.*不", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksYesOrNo();

    [GeneratedRegex("多少|多久|多长|多大|多高|多宽|多重|几[天个年次折元块号点月]|什么时候|何时|哪天|价格|价钱|电话|网址", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AsksForAmount();
}
