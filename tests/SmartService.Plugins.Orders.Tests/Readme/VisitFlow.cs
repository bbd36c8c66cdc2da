using SmartService.Plugins;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Plugins.Stores;

public sealed class VisitFlow : IFlow
{
    private static readonly Dictionary<string, string> City = new() { ["city"] = "杭州" };

    public string Name => "visit";

    public FlowStart Match(string text) => text.Contains("预约到店", StringComparison.Ordinal) ? new FlowStart(0.9, City) : FlowStart.No;

    public async Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default)
    {
        if (context.State is null)
        {
            var found = await context.Tools.InvokeAsync("stores_address", City.ToDictionary(slot => slot.Key, object? (slot) => slot.Value), null, cancellationToken);
            return new FlowStep([new TextPart($"地址：{found.Value}。回复「确认」为您预约。")], new FlowState(Name, "confirm", City));
        }

        if (context.Text != "确认")
        {
            return new FlowStep([new TextPart("好的，没有预约。")], null);
        }

        var message = context.Turn.Messages[^1].MessageId;
        var arguments = context.State.Slots.ToDictionary(slot => slot.Key, object? (slot) => slot.Value);
        var booked = await context.Tools.InvokeAsync("stores_book", arguments, new Confirmation($"visit-{message}", message), cancellationToken);
        return new FlowStep([new TextPart(booked.Value?.GetString() ?? "预约系统没有回应，请稍后再试。")], null);
    }
}
