using System.Globalization;
using System.Text.Json;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Plugins.Orders;

/// <summary>
/// The part that both tasks begin with: which order, and is it yours. Nothing of an order is shown before the phone tail
/// fits; after three failures in one task a human checks, and <see cref="OrderTools"/> counts beyond the task.
/// </summary>
internal sealed class OrderIdentification(OrderWords words, string flow)
{
    private const int MaxFailures = 3;

    /// <summary>The order, or the step that asks for what is missing.</summary>
    public async Task<(Order? Order, FlowStep? Ask)> IdentifyAsync(FlowContext context, Dictionary<string, string> slots, CancellationToken cancellationToken)
    {
        var step = context.State?.Step;
        var (order, phone) = words.Find(context.Text);
        if (order is not null)
        {
            slots["order"] = order;
        }

        // Four digits alone are more likely the end of the order number until we know the order.
        if (phone is not null && slots.ContainsKey("order"))
        {
            slots["phone"] = phone;
        }

        if (!slots.ContainsKey("order"))
        {
            return (null, Missing(context, slots, "order", step == "order" && OrderWords.HasDigits(context.Text) ? "ask_order_whole" : "ask_order"));
        }

        if (!slots.ContainsKey("phone"))
        {
            return (null, Missing(context, slots, "phone", step == "phone" && order is null ? "ask_phone_again" : "ask_phone"));
        }

        if (step == "match" && order is null && phone is null)
        {
            return (null, Missing(context, slots, "match", "not_matched"));
        }

        if (step == "retry" && order is null && phone is null && !OrderWords.Retries(context.Text) && OrderWords.Asks(context.Text))
        {
            return (null, Ask(slots, "retry", OrderTexts.Say("away")) with { Digression = true });
        }

        return await LookUpAsync(context, slots, cancellationToken);
    }

    public FlowStep Ask(Dictionary<string, string> slots, string step, string text) => new([new TextPart(text)], new FlowState(flow, step, slots));

    private async Task<(Order?, FlowStep?)> LookUpAsync(FlowContext context, Dictionary<string, string> slots, CancellationToken cancellationToken)
    {
        var result = await context.Tools.InvokeAsync(
            "orders_status",
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["orderId"] = slots["order"], ["phoneTail"] = slots["phone"] },
            cancellationToken: cancellationToken);
        if (result.Value?.Deserialize(OrderToolJson.Default.OrderLookup) is not { } lookup)
        {
            return (null, Ask(slots, "retry", OrderTexts.Say("away")));
        }

        switch (lookup.Status)
        {
            case LookupStatus.Found:
                return (lookup.Order, null);
            case LookupStatus.Locked:
                return (null, new FlowStep([new TextPart(OrderTexts.Say("locked"))], null));
            default:
                // Which of the two was wrong is not told; both stay, and either may be sent anew.
                return (null, Failed(slots, "match", OrderTexts.Say("not_matched")));
        }
    }

    private FlowStep Missing(FlowContext context, Dictionary<string, string> slots, string step, string text)
    {
        var ask = Ask(slots, step, OrderTexts.Say(text));
        // Asked for the second time and something else came: a question goes first, anything else counts as a failure.
        return context.State?.Step != step ? ask
            : OrderWords.Asks(context.Text) ? ask with { Digression = true }
            : Failed(slots, step, OrderTexts.Say(text));
    }

    private FlowStep Failed(Dictionary<string, string> slots, string step, string text)
    {
        var failures = int.Parse(slots.GetValueOrDefault("failures", "0"), CultureInfo.InvariantCulture) + 1;
        slots["failures"] = failures.ToString(CultureInfo.InvariantCulture);
        return failures < MaxFailures
            ? Ask(slots, step, text)
            : new FlowStep([new TextPart(OrderTexts.Say("too_often"))], null) { Handoff = HandoffReason.RepeatedFailure };
    }
}
