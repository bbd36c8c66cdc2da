using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Plugins.Orders;

/// <summary>「我的订单到哪了」: number, phone tail, then the state of the order.</summary>
public sealed partial class OrderStatusFlow(IOptions<OrdersOptions> options) : IFlow
{
    private readonly OrderWords _words = new(options.Value);

    public string Name => "order_status";

    public FlowStart Match(string text)
    {
        if (!options.Value.IsSet)
        {
            return FlowStart.No;
        }

        var numbered = _words.Find(text).Order is not null;
        return numbered || Wish().IsMatch(OrderWords.Bare(text))
            ? new FlowStart(numbered ? 0.85 : 0.8, new Dictionary<string, string>(StringComparer.Ordinal))
            : FlowStart.No;
    }

    public async Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.State is not null && OrderWords.Cancels(context.Text))
        {
            return new FlowStep([new TextPart(OrderTexts.Say("cancelled"))], null);
        }

        var slots = new Dictionary<string, string>(context.State?.Slots ?? new Dictionary<string, string>(StringComparer.Ordinal), StringComparer.Ordinal);
        var (order, ask) = await new OrderIdentification(_words, Name).IdentifyAsync(context, slots, cancellationToken);
        if (order is null)
        {
            return ask!;
        }

        var summary = Summary(order, context.Turn.Now);
        return new FlowStep([new TextPart(summary)], null) { Citations = [new Citation($"order:{order.Id}", OrderTexts.Say("source"), summary)] };
    }

    private static string Summary(Order order, DateTimeOffset now)
    {
        var lines = new List<string> { OrderTexts.Say("order_head", ("id", order.Id), ("status", order.Status)) };
        lines.AddRange(order.Items.Select(item => OrderTexts.Say(
            "order_item", ("name", item.Name), ("color", item.Color is null ? "" : $"（{item.Color}）"), ("quantity", item.Quantity.ToString(CultureInfo.InvariantCulture)))));
        lines.Add(OrderTexts.Say("order_total", ("total", order.Total.ToString("0.##", CultureInfo.InvariantCulture))));
        if (order is { Carrier: { } carrier, TrackingNo: { } tracking })
        {
            lines.Add(OrderTexts.Say("order_carrier", ("carrier", carrier), ("tracking", tracking)));
        }

        if (order.SignedAt is { } signed)
        {
            lines.Add(OrderTexts.Say("order_signed", ("date", Day(signed))));
        }
        else if (order.ExpectedAt is { } expected)
        {
            lines.Add(OrderTexts.Say("order_expected", ("date", expected.ToString("M月d日", CultureInfo.InvariantCulture))));
        }

        if (order.ReturnableUntil is { } until && until > now)
        {
            lines.Add(OrderTexts.Say("order_returnable", ("date", Day(until))));
        }

        if (order.Note is { } note)
        {
            lines.Add(OrderTexts.Say("order_note", ("note", note)));
        }

        return string.Join('\n', lines);
    }

    // In the shop's own offset, as the back end wrote it.
    internal static string Day(DateTimeOffset time) => time.ToString("M月d日", CultureInfo.InvariantCulture);

    [GeneratedRegex("查(一下|下|询|看)?(我的|个|下)?(订单|物流|快递|单子|包裹)|我(的|买的|订的|下的)[^怎]{0,10}(订单|物流|快递|包裹|货)?[^怎]{0,4}(到哪|到了吗|到了没|什么时候(到|发|送)|发货了?(吗|没)|发了(吗|没)|状态|进度|怎么还|还没(到|发|收))|(订单|物流|快递|包裹)(到哪|进度|状态|怎么还|还没|一直没)|(货|快递|东西|包裹)(怎么)?还没(到|发|收到)|催(一下|下)?(发货|物流|快递|单)|^(看看?|看一?下|帮我看一?下?|问一?下)?我的(订单|快递|包裹)(呢|啊)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Wish();
}
