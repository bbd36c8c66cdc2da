using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartService.Bot.Plugins;
using SmartService.Bot.Texts;
using SmartService.Plugins;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Flows;

/// <summary>
/// What becomes of a write tool that the model asked for: it is put to the customer, and runs only after 「确认」, with a key
/// that makes a repeat harmless. The model proposes, the flow decides.
/// </summary>
public sealed partial class ProposalFlow : IFlow
{
    internal const string FlowName = "proposal";

    public string Name => FlowName;

    public FlowStart Match(string text) => FlowStart.No;

    /// <summary>Puts a tool call to the customer.</summary>
    public static FlowStep Propose(TurnContext turn, Tool tool, IReadOnlyDictionary<string, object?> arguments)
    {
        var shown = arguments.Where(argument => argument.Key != "idempotencyKey" && argument.Value is not null).ToDictionary(StringComparer.Ordinal);
        var slots = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["tool"] = tool.Name,
            ["arguments"] = JsonSerializer.Serialize(shown, ToolGate.Json),
            ["key"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{turn.ConversationId}\n{turn.Seq}\n{tool.Name}")))[..32],
        };
        return new FlowStep([Ask(tool, shown)], new FlowState(FlowName, "confirm", slots));
    }

    public async Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default)
    {
        var state = context.State ?? throw new InvalidOperationException("A proposal starts with Propose.");
        var said = PlainText.Bare(context.Text);
        if (No().IsMatch(said))
        {
            return new FlowStep([new TextPart(Wording.Replies["flow_cancelled"])], null);
        }

        if (!Yes().IsMatch(said))
        {
            return new FlowStep([new TextPart(Wording.Replies["proposal_again"])], state) { Digression = Answers.Question.Asks(context.Text) };
        }

        var arguments = JsonSerializer.Deserialize<Dictionary<string, object?>>(state.Slots["arguments"], ToolGate.Json)!;
        var confirmation = new Confirmation(state.Slots["key"], context.Turn.Messages[^1].MessageId);
        var result = await context.Tools.InvokeAsync(state.Slots["tool"], arguments, confirmation, cancellationToken);
        return new FlowStep([new TextPart(Wording.Replies[result.Status == ToolStatus.Ok ? "proposal_done" : "proposal_failed"])], null)
        {
            Citations = result.Value is { } value ? [new Citation($"tool:{state.Slots["tool"]}", state.Slots["tool"], value.GetRawText())] : [],
        };
    }

    private static TextPart Ask(Tool tool, Dictionary<string, object?> arguments)
    {
        var what = string.IsNullOrWhiteSpace(tool.Function.Description) ? tool.Name : tool.Function.Description;
        return new TextPart(Wording.Replies.Fill("proposal", ("what", what), ("arguments", string.Join('\n', arguments.Select(pair => $"· {pair.Key}：{pair.Value}")))));
    }

    [GeneratedRegex("^(确认|确定|是的?|对的?|好的?|可以|同意|没错|没问题|ok|yes|嗯+|行)+(办理|提交|吧|啊|呀)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Yes();

    [GeneratedRegex("取消|不要|不用|不办|算了|先不|不是|不对|^不$|^no$|放弃|停", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex No();
}
