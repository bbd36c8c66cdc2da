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

    /// <summary>Puts a tool call to the customer; null when the model chose arguments that may not be shown.</summary>
    public static FlowStep? Propose(TurnContext turn, Tool tool, IReadOnlyDictionary<string, object?> arguments)
    {
        if (ProposedArguments.Of(turn, tool.Function, arguments) is not { } shown)
        {
            return null;
        }

        var slots = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["tool"] = tool.Name,
            ["arguments"] = JsonSerializer.Serialize(shown.Values, ToolGate.Json),
            ["key"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{turn.ConversationId}\n{turn.Seq}\n{tool.Name}")))[..32],
        };
        return new FlowStep([Ask(tool, shown.Lines)], new FlowState(FlowName, "confirm", slots));
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
        return new FlowStep([new TextPart(Said(result))], null)
        {
            Citations = result.Value is { } value ? [new Citation($"tool:{state.Slots["tool"]}", state.Slots["tool"], value.GetRawText())] : [],
        };
    }

    // A tool that answered has not always done it: a refusal comes as a property, with the reason for the customer.
    private static string Said(ToolResult result)
    {
        var refusal = result.Value is { ValueKind: JsonValueKind.Object } value && value.TryGetProperty("refusal", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString() : null;
        return result.Status != ToolStatus.Ok ? Wording.Replies["proposal_failed"]
            : string.IsNullOrWhiteSpace(refusal) ? Wording.Replies["proposal_done"]
            : Wording.Replies.Fill("proposal_refused", ("why", PlainText.Cut(refusal, 200)));
    }

    private static TextPart Ask(Tool tool, IReadOnlyList<string> lines)
    {
        var what = string.IsNullOrWhiteSpace(tool.Function.Description) ? tool.Name : tool.Function.Description;
        return new TextPart(Wording.Replies.Fill("proposal", ("what", what), ("arguments", string.Join('\n', lines))));
    }

    [GeneratedRegex("^(确认|确定|是的?|对的?|好的?|可以|同意|没错|没问题|ok|yes|嗯|行)+(办理|提交|吧|啊|呀)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Yes();

    [GeneratedRegex("取消|不要|不用|不办|算了|先不|不是|不对|^不$|^no$|放弃|停", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex No();
}
