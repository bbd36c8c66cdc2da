using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Flows;
using SmartService.Bot.Plugins;
using SmartService.Bot.Prompts;
using SmartService.Plugins;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>
/// Lets the model write, with the tools of this turn behind the gate. Read tools run; a write tool becomes a proposal that
/// ends the writing. Nothing is sent from here: the draft is checked first.
/// </summary>
public sealed partial class ModelWriter(Toolbox toolbox, IOptions<AnswerOptions> options, TimeProvider time)
{
    private const int LongestDraft = 4000;

    internal async Task<Draft> WriteAsync(IChatClient model, TurnContext turn, string question, IReadOnlyList<Evidence> evidence, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.ModelSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var draft = new Draft();
        try
        {
            await StreamAsync(model, turn, question, evidence, draft, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            throw new TimeoutException("The model did not finish in time.", exception);
        }

        return draft;
    }

    private async Task StreamAsync(IChatClient model, TurnContext turn, string question, IReadOnlyList<Evidence> evidence, Draft draft, CancellationToken cancellationToken)
    {
        var tools = toolbox.Tools;
        var gate = toolbox.GateFor(turn.ConversationId, tool => tool.Effect == Effect.Read);
        // Not disposed: that would dispose the model, which belongs to the container.
        var client = new FunctionInvokingChatClient(model)
        {
            MaximumIterationsPerRequest = options.Value.ToolRounds,
            AllowConcurrentInvocation = false,
            FunctionInvoker = (call, token) => InvokeAsync(turn, call, tools, gate, draft, token),
        };
        var settings = new ChatOptions { MaxOutputTokens = options.Value.MaxTokens, Temperature = 0.2f };
        if (tools.Count > 0)
        {
            settings.Tools = [.. tools.Values.Select(tool => tool.Function)];
            settings.AllowMultipleToolCalls = false;
        }

        var text = new StringBuilder();
        var messages = Prompt.Build(turn, question, evidence, options.Value, tools.Count > 0);
        await foreach (var update in client.GetStreamingResponseAsync(messages, settings, cancellationToken))
        {
            if (update.Contents.Any(content => content is FunctionCallContent))
            {
                // 「让我查一下」 before a tool call is not part of the answer.
                text.Clear();
            }

            text.Append(update.Text);
            draft.Finish = update.FinishReason ?? draft.Finish;
            if (draft.Proposal is not null)
            {
                return;
            }

            if (text.Length > LongestDraft)
            {
                draft.Finish = ChatFinishReason.Length;
                break;
            }
        }

        draft.Sentences = [.. Sentences.Cut(Thinking().Replace(text.ToString(), "")).Select(sentence => Marks().Replace(sentence, "")).Where(sentence => sentence.Any(char.IsLetterOrDigit))];
        if (draft.IsCut && draft.Sentences.Count > 0 && !Sentences.IsWhole(draft.Sentences[^1]))
        {
            draft.Sentences = [.. draft.Sentences.SkipLast(1)];
        }
    }

    private static async ValueTask<object?> InvokeAsync(TurnContext turn, FunctionInvocationContext call, IReadOnlyDictionary<string, Tool> tools, IToolGate gate, Draft draft, CancellationToken cancellationToken)
    {
        if (tools.TryGetValue(call.Function.Name, out var tool) && tool.Effect == Effect.Write)
        {
            if (ProposalFlow.Propose(turn, tool, call.Arguments.ToDictionary(StringComparer.Ordinal)) is not { } proposal)
            {
                return "The arguments are too long, or hold numbers, phones or links that the customer did not say. Ask the customer for them.";
            }

            draft.Proposal = proposal;
            call.Terminate = true;
            return "The customer is being asked to confirm.";
        }

        var result = await gate.InvokeAsync(call.Function.Name, call.Arguments.ToDictionary(StringComparer.Ordinal), null, cancellationToken);
        if (result.Value is not { } value)
        {
            return result.Error;
        }

        var source = tool is null || string.IsNullOrWhiteSpace(tool.Function.Description) ? call.Function.Name : tool.Function.Description;
        draft.Found.Add(new Evidence($"tool:{call.Function.Name}", source, Words(value)));
        return value;
    }

    /// <summary>A result in words: the escapes and brackets of JSON are no evidence.</summary>
    private static string Words(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => string.Join('\n', value.EnumerateObject().Select(pair => $"{pair.Name} {Words(pair.Value)}")),
        JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(Words)),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    [GeneratedRegex("<think>.*?(</think>|$)", RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Thinking();

    // Citation numbers, list marks and Markdown that the prompt asked the model to leave out.
    [GeneratedRegex(@"\[\d+\]|【\d+】|\*\*|^#+\s*|^[-*•]\s+|^\d+[.、]\s*", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marks();
}

/// <summary>What the model wrote, unchecked.</summary>
internal sealed class Draft
{
    public IReadOnlyList<string> Sentences { get; set; } = [];

    public List<Evidence> Found { get; } = [];

    public FlowStep? Proposal { get; set; }

    public ChatFinishReason? Finish { get; set; }

    /// <summary>The model ran out of tokens: the rest is missing.</summary>
    public bool IsCut => Finish == ChatFinishReason.Length;

    /// <summary>The stream ended without saying that it ended, or for a reason other than being done.</summary>
    public bool IsBroken => Finish != ChatFinishReason.Stop && !IsCut;
}
