using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Plugins.Orders;

/// <summary>「我要退货」: order, phone tail, reason, and only after 「确认」 the request.</summary>
public sealed partial class ReturnRequestFlow(IOptions<OrdersOptions> options) : IFlow
{
    // NonBacktracking: 「把……」 repeated would be tried in exponentially many ways.
    private static readonly Regex Wish = new("(我|帮我|给我|想|要|申请|办理?|提交|来)(一下|下|个|把[^退]{0,12}|想|要|需要)*(申请|办理?)?退(货|掉|了它|这|那|一下|$)|退货申请|我要退|我想退|帮我退|给我退|^退货$|^退(了|掉|一下)(吧|它)?$|(不想要|不要|不喜欢)了[^吗么]{0,6}退", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking);

    private readonly OrderWords _words = new(options.Value);

    public string Name => "return_request";

    public FlowStart Match(string text)
    {
        var bare = OrderWords.Bare(text);
        if (!options.Value.IsSet || !Wish.IsMatch(bare))
        {
            return FlowStart.No;
        }

        // 「退货运费谁出」 is a question about the rules, 「我要退货怎么办理」 is the wish itself.
        var sure = _words.Find(text).Order is not null || !Rules().IsMatch(bare);
        return sure ? new FlowStart(0.9, new Dictionary<string, string>(StringComparer.Ordinal)) : FlowStart.No;
    }

    public Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.State is not null && OrderWords.Cancels(context.Text))
        {
            return Task.FromResult(new FlowStep([new TextPart(OrderTexts.Say("cancelled"))], null));
        }

        var slots = new Dictionary<string, string>(context.State?.Slots ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        // Another number at any step is a correction: that order has to be checked first.
        var corrected = _words.Find(context.Text).Order is { } order && order != slots.GetValueOrDefault("order");
        return context.State?.Step switch
        {
            "reason" when !corrected => Task.FromResult(Reason(context, slots)),
            "confirm" when !corrected => ConfirmAsync(context, slots, cancellationToken),
            _ => IdentifyAsync(context, slots, cancellationToken),
        };
    }

    private async Task<FlowStep> IdentifyAsync(FlowContext context, Dictionary<string, string> slots, CancellationToken cancellationToken)
    {
        var (order, ask) = await new OrderIdentification(_words, Name).IdentifyAsync(context, slots, cancellationToken);
        if (order is null)
        {
            return ask!;
        }

        if (order.ReturnableUntil is not { } until)
        {
            return new FlowStep([new TextPart(OrderTexts.Say("not_returnable", ("id", order.Id), ("status", order.Status)))], null);
        }

        var date = OrderStatusFlow.Day(until);
        if (until < context.Turn.Now)
        {
            return new FlowStep([new TextPart(OrderTexts.Say("late", ("id", order.Id), ("date", date)))], null);
        }

        slots["items"] = string.Join("、", order.Items.Select(item => item.Name));
        slots.Remove("reason");
        return Reasons(slots, OrderTexts.Say("returnable", ("id", order.Id), ("items", slots["items"]), ("date", date)));
    }

    private FlowStep Reason(FlowContext context, Dictionary<string, string> slots)
    {
        var reason = context.Text.Trim();
        if (OrderWords.Asks(reason))
        {
            return Reasons(slots, OrderTexts.Say("ask_reason")) with { Digression = true };
        }

        if (OrderWords.Bare(reason).Length == 0)
        {
            return Reasons(slots, OrderTexts.Say("ask_reason"));
        }

        if (OrderArguments.HasLink(reason))
        {
            return Reasons(slots, OrderTexts.Say("reason_bad"));
        }

        if (reason.Length > OrderArguments.LongestReason)
        {
            return Reasons(slots, OrderTexts.Say("reason_long"));
        }

        slots["reason"] = reason;
        slots["key"] = KeyOf(context.Turn, slots);
        return Confirm(slots);
    }

    private async Task<FlowStep> ConfirmAsync(FlowContext context, Dictionary<string, string> slots, CancellationToken cancellationToken)
    {
        if (OrderWords.ChangesReason(context.Text))
        {
            return Reasons(slots, OrderTexts.Say("ask_reason"));
        }

        if (!OrderWords.Confirms(context.Text))
        {
            return Confirm(slots) with { Digression = OrderWords.Asks(context.Text) };
        }

        var result = await context.Tools.InvokeAsync(
            "orders_request_return",
            new Dictionary<string, object?>(StringComparer.Ordinal) { ["orderId"] = slots["order"], ["phoneTail"] = slots["phone"], ["reason"] = slots["reason"] },
            new Confirmation(slots["key"], context.Turn.Messages[^1].MessageId),
            cancellationToken);
        if (result.Value?.Deserialize(OrderToolJson.Default.ReturnOutcome) is not { } outcome)
        {
            // The key stays: confirming again repeats this request and does not make a second one.
            return new FlowStep([new TextPart(OrderTexts.Say("away_submit"))], context.State);
        }

        return outcome.Return is { } accepted
            ? new FlowStep([new TextPart(OrderTexts.Say("done", ("return", accepted.Id), ("status", accepted.Status)))], null)
            {
                Citations = [new Citation($"return:{accepted.Id}", OrderTexts.Say("source"), $"{accepted.Id} {accepted.Status}")],
            }
            : new FlowStep([new TextPart(OrderTexts.Say("refused", ("why", outcome.Refusal ?? OrderTexts.Say("refused_unknown"))))], null);
    }

    private FlowStep Reasons(Dictionary<string, string> slots, string head) => new(
        [new MenuPart(head, [.. OrderTexts.Say("reasons").Split('|').Select((reason, at) => new MenuItem($"reason_{at + 1}", reason))])],
        new FlowState(Name, "reason", slots));

    private FlowStep Confirm(Dictionary<string, string> slots) => new(
        [new MenuPart(
            OrderTexts.Say("confirm", ("id", slots["order"]), ("items", slots["items"]), ("reason", slots["reason"])),
            [new MenuItem("confirm", OrderTexts.Say("item_confirm")), new MenuItem("cancel", OrderTexts.Say("item_cancel")), new MenuItem("change", OrderTexts.Say("item_change"))])],
        new FlowState(Name, "confirm", slots));

    // The same turn decided again after a crash gives the same key.
    private static string KeyOf(TurnContext turn, Dictionary<string, string> slots) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{turn.ConversationId}\n{turn.Seq}\n{slots["order"]}")))[..32];

    [GeneratedRegex("运费|谁(出|承担|付)|多久|几天|多长|期限|可以退|能退|能不能|可不可以|可以吗|能吗|行吗|政策|规则|规定|流程|条件|扣|收费|费用|多少钱|到账|什么时候|哪些|包装|还能", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rules();
}
