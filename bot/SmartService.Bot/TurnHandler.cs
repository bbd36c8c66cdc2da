using Microsoft.Extensions.Options;
using SmartService.Bot.Answers;
using SmartService.Bot.Flows;
using SmartService.Bot.Handoff;
using SmartService.Bot.Texts;
using SmartService.Knowledge;
using SmartService.Messages;
using SmartService.Plugins;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot;

/// <summary>
/// Decides a turn (step 4). Read it from the top: who may speak at all, what must go to a human, what is already going on,
/// what is merely polite, and then the question itself.
/// </summary>
public sealed class TurnHandler(HandoffDesk handoff, FlowRunner flows, AnswerDesk answers, ReplyFilters filters, TimeProvider time) : ITurnHandler
{
    public async Task<TurnResult> HandleAsync(TurnContext turn, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(turn);
        var started = time.GetTimestamp();
        var said = Utterance.Of(turn);

        var result = await DecideAsync(turn, said, cancellationToken);
        result = await filters.ApplyAsync(turn, result, cancellationToken);

        AnswerMetrics.Decided(result);
        return result with
        {
            State = result.State with { UpdatedAt = turn.Now },
            Timings = result.Timings with { TotalMs = time.GetElapsedTime(started).TotalMilliseconds },
        };
    }

    private async Task<TurnResult> DecideAsync(TurnContext turn, Utterance said, CancellationToken cancellationToken)
    {
        // Events need no reply: the welcome of enter_session has a channel of its own with a code that lives 20 s.
        if (said.NothingFromCustomer || turn.Owner is ConversationOwner.Agent or ConversationOwner.Native)
        {
            return new TurnResult { Outcome = TurnOutcome.Silent, Intent = new Intent("event", 1), State = turn.State };
        }

        if (turn.Owner == ConversationOwner.Queue)
        {
            return HandoffDesk.Listen(turn, said);
        }

        if (HandoffDesk.PolicyTopic(said) is { } topic)
        {
            return handoff.HandOff(turn, HandoffReason.Policy, topic);
        }

        if (HandoffDesk.IsWished(said))
        {
            return handoff.HandOff(turn, HandoffReason.Requested);
        }

        if (said.MenuId == HandoffDesk.RephraseId)
        {
            return Say(turn, "rephrase");
        }

        if (LongAnswer.Continue(turn, said) is { } rest)
        {
            return rest;
        }

        if (flows.IsActive(turn) && said.HasText)
        {
            return await ContinueFlowAsync(turn, said, cancellationToken);
        }

        var dropped = turn.State.Flow is not null && flows.IsAbandoned(turn);
        turn = turn with { State = turn.State with { Flow = flows.IsActive(turn) ? turn.State.Flow : null } };
        var result = Attachments.Mention(await FreshAsync(turn, said, cancellationToken), said);
        return dropped ? result with { Reply = [new TextPart(Wording.Replies["flow_dropped"]), .. result.Reply] } : result;
    }

    /// <summary>Nothing is going on: cards, tasks, courtesies, questions.</summary>
    private async Task<TurnResult> FreshAsync(TurnContext turn, Utterance said, CancellationToken cancellationToken)
    {
        if (said.Attachments.OfType<OrderBody>().LastOrDefault() is { } order)
        {
            return await OrderCardAsync(turn, said, order, cancellationToken);
        }

        if (said.Attachments.OfType<ProductBody>().LastOrDefault() is { } product)
        {
            return await answers.ProductCardAsync(turn, product, said.Text, cancellationToken);
        }

        if (!said.HasText && said.Attachments.Count > 0)
        {
            return Attachments.Answer(turn, said);
        }

        if (said.TooLong)
        {
            return handoff.Decline(turn, Wording.Replies["too_long"], "too_long");
        }

        if (flows.Starting(said.Text) is { } flow)
        {
            return Stepped(turn, await flows.StartAsync(flow, turn, said.Text, cancellationToken), flow.Name);
        }

        return SmallTalk.Answer(turn, said.Text) ?? await answers.AnswerAsync(turn, said.Text, cancellationToken);
    }

    private async Task<TurnResult> ContinueFlowAsync(TurnContext turn, Utterance said, CancellationToken cancellationToken)
    {
        var step = await flows.ContinueAsync(turn, said.Text, cancellationToken);
        if (!step.Digression)
        {
            return Attachments.Mention(Stepped(turn, step, turn.State.Flow!.Flow), said);
        }

        if (flows.Starting(said.Text, except: turn.State.Flow!.Flow) is { } other)
        {
            return Stepped(turn, await flows.StartAsync(other, turn, said.Text, cancellationToken), other.Name);
        }

        var aside = SmallTalk.Answer(turn, said.Text) ?? await answers.AnswerAsync(turn, said.Text, cancellationToken);
        if (aside.Outcome == TurnOutcome.HandedOff)
        {
            return aside;
        }

        var answer = aside.Outcome == TurnOutcome.Declined ? [new TextPart(Wording.Replies["digression_unknown"])] : aside.Reply;
        return aside with
        {
            Reply = [.. answer, .. Reminder(step.Reply)],
            State = aside.State with { Flow = step.State },
        };
    }

    /// <summary>A card names its order; words beside it say what is wanted, otherwise its state is.</summary>
    private async Task<TurnResult> OrderCardAsync(TurnContext turn, Utterance said, OrderBody order, CancellationToken cancellationToken)
    {
        foreach (var text in new[] { $"{said.Text} 订单号 {order.OrderId}", $"查询订单 订单号 {order.OrderId}" })
        {
            if (flows.Starting(text) is { } flow)
            {
                return Stepped(turn, await flows.StartAsync(flow, turn, text, cancellationToken), flow.Name);
            }
        }

        return said.HasText ? await answers.AnswerAsync(turn, said.Text, cancellationToken) : handoff.Decline(turn, Wording.Replies["order_seen"], "order_card");
    }

    private TurnResult Stepped(TurnContext turn, FlowStep step, string flow)
    {
        if (step.Handoff is { } reason)
        {
            return handoff.HandOff(turn, reason, first: step.Reply) with { Citations = step.Citations };
        }

        return new TurnResult
        {
            Outcome = TurnOutcome.Answered,
            Reply = step.Reply,
            Citations = step.Citations,
            Intent = new Intent($"flow.{flow}", 1),
            State = turn.State with { Flow = step.State, Declines = 0, Continuation = null },
        };
    }

    private static IReadOnlyList<ReplyPart> Reminder(IReadOnlyList<ReplyPart> prompt) => prompt.Count > 0 && prompt[0] is TextPart first
        ? [new TextPart(Wording.Replies["flow_back"] + first.Text), .. prompt.Skip(1)]
        : prompt;

    private static TurnResult Say(TurnContext turn, string name) => new()
    {
        Outcome = TurnOutcome.Answered,
        Reply = [new TextPart(Wording.Replies[name])],
        Intent = new Intent($"courtesy.{name}", 1),
        State = turn.State,
    };
}
