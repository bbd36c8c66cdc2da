using System.Text;
using SmartService.Evals.Metrics;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Evals.Shop;

/// <summary>Whether a reply is right. A pure function of question and result.</summary>
/// <param name="Right">The reply is what the suite wants.</param>
/// <param name="Refused">The bot said that it does not know, or handed over.</param>
/// <param name="Invented">Numbers that neither the citations nor the question hold.</param>
public sealed record ShopGrade(bool Right, bool Refused, IReadOnlyList<decimal> Invented)
{
    private const string Expired = "expired";

    public static ShopGrade Of(ShopQuestion question, TurnResult result, IReadOnlyList<string> overWords)
    {
        var refused = result.Outcome is TurnOutcome.Declined or TurnOutcome.HandedOff;
        var text = TextOf(result.Reply);
        var right = question.Answerable
            ? result.Outcome == TurnOutcome.Answered && question.Expect.All(expected => expected.Split('|').Any(alternative => Contains(text, alternative)))
            : refused || (question.Kind == Expired && overWords.Any(word => Contains(text, word)));
        var known = result.Citations.SelectMany(citation => new[] { citation.Quote, citation.Source }).Append(question.Question);
        return new ShopGrade(right, refused, refused ? [] : NumbersInText.Invented(text, known));
    }

    /// <summary>Everything that the customer reads.</summary>
    public static string TextOf(IReadOnlyList<ReplyPart> reply) => string.Join('\n', reply.Select(part => part switch
    {
        TextPart text => text.Text,
        MenuPart menu => string.Join('\n', [menu.Head, .. menu.Items.Select(item => item.Text), menu.Tail]),
        LinkPart link => $"{link.Title}\n{link.Description}",
        _ => "",
    }));

    /// <summary>Width, case, blanks and thousands separators do not matter; 12999 does not contain 2999.</summary>
    private static bool Contains(string text, string wanted)
    {
        var (plain, part) = (Plain(text), Plain(wanted));
        for (var at = plain.IndexOf(part, StringComparison.Ordinal); at >= 0; at = plain.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            var end = at + part.Length;
            var cutsNumber = (at > 0 && char.IsAsciiDigit(part[0]) && IsOfNumber(plain[at - 1]))
                || (end < plain.Length && char.IsAsciiDigit(part[^1]) && char.IsAsciiDigit(plain[end]));
            if (!cutsNumber)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOfNumber(char character) => char.IsAsciiDigit(character) || character == '.';

    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        var normal = text.Normalize(NormalizationForm.FormKC);
        for (var at = 0; at < normal.Length; at++)
        {
            var separates = normal[at] == ',' && at > 0 && at + 3 < normal.Length && char.IsAsciiDigit(normal[at - 1]) && normal[(at + 1)..(at + 4)].All(char.IsAsciiDigit);
            if (!separates && !char.IsWhiteSpace(normal[at]))
            {
                plain.Append(char.ToLowerInvariant(normal[at]));
            }
        }

        return plain.ToString();
    }
}
