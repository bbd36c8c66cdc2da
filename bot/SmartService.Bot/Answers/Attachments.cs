using SmartService.Bot.Handoff;
using SmartService.Bot.Texts;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>What the bot says about things that it cannot look at: honestly that it cannot.</summary>
internal static class Attachments
{
    /// <summary>The reply to a turn that holds nothing but attachments.</summary>
    public static TurnResult Answer(TurnContext turn, Utterance said)
    {
        var name = NameOf(said.Attachments[^1]);
        var text = Wording.Replies[name];
        return new TurnResult
        {
            Outcome = TurnOutcome.Answered,
            Reply = [Wording.Replies.Has("also_" + name) || name == "unsupported" ? new MenuPart(text, [new MenuItem(HandoffDesk.MenuId, Wording.Replies["item_handoff"])]) : new TextPart(text)],
            Intent = new Intent($"attachment.{name}", 1),
            State = turn.State,
        };
    }

    /// <summary>Adds to an answer that something else in the turn was not looked at.</summary>
    public static TurnResult Mention(TurnResult result, Utterance said)
    {
        var unseen = said.Attachments.LastOrDefault(body => body is not (ProductBody or OrderBody));
        if (unseen is null || !said.HasText || result.Outcome is TurnOutcome.HandedOff or TurnOutcome.Silent || result.Reply.Count == 0)
        {
            return result;
        }

        var name = "also_" + NameOf(unseen);
        var note = Wording.Replies[Wording.Replies.Has(name) ? name : "also_other"];
        // A part of its own would cost one of the few messages that the platform allows.
        return result with
        {
            Reply = result.Reply[^1] is TextPart last ? [.. result.Reply.SkipLast(1), new TextPart($"{last.Text}\n{note}")] : [new TextPart(note), .. result.Reply],
        };
    }

    private static string NameOf(MessageBody body) => body switch
    {
        MediaBody media => media.Kind.ToString().ToLowerInvariant(),
        LocationBody => "location",
        LinkBody => "link",
        _ => "unsupported",
    };
}
