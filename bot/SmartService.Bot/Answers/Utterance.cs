using SmartService.Bot.Texts;
using SmartService.Messages;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>What the customer said in this turn: the fragments joined, and what came with them.</summary>
public sealed record Utterance
{
    /// <summary>What we read at most. A question is shorter; the rest of a pasted novel is no better understood.</summary>
    public const int MaxLength = 2000;

    /// <summary>The words, fragments separated by a space.</summary>
    public required string Text { get; init; }

    /// <summary>The id of the menu item that was clicked last, if any.</summary>
    public string? MenuId { get; init; }

    /// <summary>Whether words were left out because there were too many.</summary>
    public bool TooLong { get; init; }

    /// <summary>Whether nothing in the turn came from the customer: events, or a human in the platform's client.</summary>
    public bool NothingFromCustomer { get; init; }

    /// <summary>Pictures, cards and other things that are not words.</summary>
    public IReadOnlyList<MessageBody> Attachments { get; init; } = [];

    /// <summary>The platform's id of the newest message.</summary>
    public required string MessageId { get; init; }

    /// <summary>Whether there are words, be it only punctuation.</summary>
    public bool HasText => Text.Length > 0;

    public static Utterance Of(TurnContext turn)
    {
        var customer = turn.Messages.Where(message => message is { Origin: MessageOrigin.Customer, Body: not EventBody }).ToList();
        var texts = customer.Select(message => message.Body).OfType<TextBody>().ToList();
        var fragments = new List<string>();
        foreach (var fragment in texts.Select(text => text.Text.Trim()))
        {
            // The same words twice in a row are impatience, not content.
            if (fragment.Length > 0 && (fragments.Count == 0 || fragments[^1] != fragment))
            {
                fragments.Add(fragment);
            }
        }

        var joined = string.Join(' ', fragments);
        return new Utterance
        {
            Text = PlainText.Cut(joined, MaxLength),
            TooLong = joined.Length > MaxLength,
            MenuId = texts.LastOrDefault()?.MenuId,
            NothingFromCustomer = customer.Count == 0,
            Attachments = [.. customer.Select(message => message.Body).Where(body => body is not TextBody)],
            MessageId = turn.Messages[^1].MessageId,
        };
    }
}
