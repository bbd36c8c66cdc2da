using Microsoft.Extensions.Options;
using SmartService.Bot.Answers;
using SmartService.Bot.Texts;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Handoff;

/// <summary>Decides when a conversation goes to a human and what the customer reads then.</summary>
public sealed class HandoffDesk(IOptions<HandoffOptions> options)
{
    /// <summary>Id of the menu item that asks for a human.</summary>
    public const string MenuId = "handoff";

    /// <summary>Id of the menu item that offers to ask again.</summary>
    public const string RephraseId = "rephrase";

    /// <summary>Whether the customer asks for a human.</summary>
    public static bool IsWished(Utterance said) => said.MenuId == MenuId || WordList.Wishes["human"].Matches(said.Text);

    /// <summary>The topic that the shop keeps for people, or null.</summary>
    public static string? PolicyTopic(Utterance said) => PolicyTopics.Find(said.Text);

    /// <summary>While the conversation waits for a human the bot is silent, unless the customer calls it back.</summary>
    public static TurnResult Listen(TurnContext turn, Utterance said) => WordList.Wishes["back_to_bot"].Matches(said.Text)
        ? new TurnResult
        {
            Outcome = TurnOutcome.Answered,
            Reply = [new TextPart(Wording.Replies["back_to_bot"])],
            Intent = new Intent("back_to_bot", 1),
            BackToBot = true,
            State = turn.State with { Declines = 0, Flow = null },
        }
        : new TurnResult { Outcome = TurnOutcome.Silent, Intent = new Intent("waiting_for_human", 1), State = turn.State };

    /// <summary>Hands over, with a notice that fits the reason.</summary>
    public TurnResult HandOff(TurnContext turn, HandoffReason reason, string? topic = null, IReadOnlyList<ReplyPart>? first = null)
    {
        var notice = Wording.Handoff.For(turn, topic is not null && Wording.Handoff.Has(topic) ? topic : TextName(reason));
        var lines = new List<string> { notice };
        if (options.Value.ServiceHours.Length > 0)
        {
            lines.Add(Wording.Handoff.Fill("hours", ("hours", options.Value.ServiceHours)));
        }

        if (reason is HandoffReason.Requested or HandoffReason.RepeatedFailure or HandoffReason.Saturated)
        {
            lines.Add(Wording.Handoff["cancel_hint"]);
        }

        return new TurnResult
        {
            Outcome = TurnOutcome.HandedOff,
            Reply = [.. first ?? [], new TextPart(string.Join('\n', lines))],
            Intent = new Intent(topic is null ? "handoff" : $"policy.{topic}", 1),
            Handoff = reason,
            State = turn.State with { Declines = 0, Flow = null, Continuation = null },
        };
    }

    /// <summary>Says that the knowledge base does not hold it and offers a human; the last of several in a row hands over.</summary>
    public TurnResult Decline(TurnContext turn, string sentence, string intent = "decline")
    {
        var declines = turn.State.Declines + 1;
        if (declines >= options.Value.DeclinesBeforeHandoff)
        {
            return HandOff(turn, HandoffReason.RepeatedFailure);
        }

        return new TurnResult
        {
            Outcome = TurnOutcome.Declined,
            Reply = [new MenuPart(sentence, [new MenuItem(MenuId, Wording.Replies["item_handoff"]), new MenuItem(RephraseId, Wording.Replies["item_rephrase"])])],
            Intent = new Intent(intent, 0),
            State = turn.State with { Declines = declines, Continuation = null },
        };
    }

    private static string TextName(HandoffReason reason) => reason switch
    {
        HandoffReason.RepeatedFailure => "repeated_failure",
        HandoffReason.Policy => "policy",
        HandoffReason.Saturated => "saturated",
        _ => "requested",
    };
}
