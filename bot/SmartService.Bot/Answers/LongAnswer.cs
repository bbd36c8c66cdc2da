using SmartService.Bot.Handoff;
using SmartService.Bot.Texts;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>「继续」: the rest of an answer that was too long for the platform's five messages.</summary>
internal static class LongAnswer
{
    /// <summary>Id of the menu item that asks for the rest.</summary>
    private const string MenuId = "continue";

    public static TurnResult? Continue(TurnContext turn, Utterance said)
    {
        var asked = said.MenuId == MenuId || WordList.Wishes["more"].Matches(PlainText.Bare(said.Text));
        if (!asked || (turn.State.Continuation is null && turn.State.Flow is not null))
        {
            return null;
        }

        return new TurnResult
        {
            Outcome = TurnOutcome.Answered,
            Reply = [new TextPart(turn.State.Continuation ?? Wording.Replies["nothing_to_continue"])],
            Intent = new Intent("continue", 1),
            State = turn.State with { Continuation = null },
        };
    }
}
