using System.Collections.Frozen;
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
public sealed partial class ModelWriter(Toolbox toolbox, IOptions<AnswerOptions> options, ModelLoad load, TimeProvider time)
{
    private const int LongestDraft = 4000;
    private const string SentenceEnds = "。！？!?；;\n";
    private const string EndOfThought = "</think>";

    /// <summary>The longest that reading ahead may take; the rules and tools are some hundred tokens, at 130 a second on two cores.</summary>
    private static readonly TimeSpan WarmLimit = TimeSpan.FromMinutes(1);

    private IReadOnlyDictionary<string, Tool> Tools => load.OffersTools(options.Value) ? toolbox.Tools : FrozenDictionary<string, Tool>.Empty;

    /// <summary>Writes about what the size leaves of the evidence; the draft's <see cref="Draft.Read"/> says what that was.</summary>
    /// <exception cref="TimeoutException">It took longer than <paramref name="allowed"/>; the model is not asked any more.</exception>
    internal async Task<Draft> WriteAsync(IChatClient model, WritingTask task, PromptSize size, string route, TimeSpan allowed, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(allowed, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var evidence = size.PassageTokens is { } tokens ? Excerpts.Of(task.Evidence, task.Question, size.Passages, tokens) : task.Evidence;
        var draft = new Draft { Read = evidence };
        try
        {
            await StreamAsync(model, task with { Evidence = evidence }, size, Settings(task.Turn, size, route, allowed), draft, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            throw new TimeoutException("The model did not finish in time.", exception);
        }

        return draft;
    }

    /// <summary>Lets a model read the part of the prompt that all turns share, so that the first customer does not wait for it.</summary>
    /// <exception cref="TimeoutException">It took longer than a minute.</exception>
    public async Task WarmAsync(IChatClient model, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var limit = new CancellationTokenSource(WarmLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var settings = Settings(maxTokens: 1);
        settings.AdditionalProperties = new() { ["class"] = "background", ["time_limit"] = WarmLimit };
        try
        {
            await model.GetResponseAsync([Prompt.Rules(options.Value, Tools.Count > 0), new ChatMessage(ChatRole.User, Prompt.Opening)], settings, either.Token);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && limit.IsCancellationRequested)
        {
            throw new TimeoutException("The model did not read its rules in time.", exception);
        }
    }

    private ChatOptions Settings(TurnContext turn, PromptSize size, string route, TimeSpan allowed)
    {
        var settings = Settings(size.MaxTokens);
        // Understood by the model on this machine and by the fail-over; none of it leaves the machine.
        settings.AdditionalProperties = new()
        {
            ["conversation"] = turn.ConversationId,
            ["tenant"] = $"{turn.Channel}:{turn.Account}",
            [ModelRoute.Key] = route,
            ["time_limit"] = allowed,
        };
        return settings;
    }

    private ChatOptions Settings(int? maxTokens)
    {
        var settings = new ChatOptions { MaxOutputTokens = maxTokens ?? options.Value.MaxTokens, Temperature = 0.2f };
        if (Tools.Count > 0)
        {
            settings.Tools = [.. Tools.Values.Select(tool => tool.Function)];
            settings.AllowMultipleToolCalls = false;
        }

        return settings;
    }

    private async Task StreamAsync(IChatClient model, WritingTask task, PromptSize size, ChatOptions settings, Draft draft, CancellationToken cancellationToken)
    {
        var turn = task.Turn;
        var tools = Tools;
        var gate = toolbox.GateFor(turn.ConversationId, tool => tool.Effect == Effect.Read);
        // Not disposed: that would dispose the model, which belongs to the container.
        var client = new FunctionInvokingChatClient(model)
        {
            MaximumIterationsPerRequest = options.Value.ToolRounds,
            AllowConcurrentInvocation = false,
            FunctionInvoker = (call, token) => InvokeAsync(turn, call, tools, gate, draft, token),
        };
        var text = new StringBuilder();
        var messages = Prompt.Build(task, options.Value, size, tools.Count > 0);
        await foreach (var update in client.GetStreamingResponseAsync(messages, settings, cancellationToken))
        {
            if (update.Contents.Any(content => content is FunctionCallContent or FunctionResultContent))
            {
                // 「让我查一下」 around a tool call is not part of the answer, in the same update or not.
                text.Clear();
            }
            else
            {
                text.Append(update.Text);
            }

            draft.AnsweredBy = update.AdditionalProperties?.GetValueOrDefault(ModelRoute.AnsweredByKey) as string ?? draft.AnsweredBy;
            draft.Finish = update.FinishReason ?? draft.Finish;
            if (draft.Proposal is not null)
            {
                return;
            }

            if (text.Length > LongestDraft || IsGoingRoundInCircles(text, update.Text))
            {
                draft.Finish = ChatFinishReason.Length;
                break;
            }
        }

        draft.Sentences = [.. Sentences.Cut(WithoutThoughts(text.ToString())).Select(sentence => Marks().Replace(sentence, "")).Where(sentence => sentence.Any(char.IsLetterOrDigit))];
        if (draft.IsCut && draft.Sentences.Count > 0 && !Sentences.IsWhole(draft.Sentences[^1]))
        {
            draft.Sentences = [.. draft.Sentences.SkipLast(1)];
        }
    }

    /// <summary>Small models repeat a sentence until they run out of tokens; what comes is known, and the machine has better to do.</summary>
    private static bool IsGoingRoundInCircles(StringBuilder text, string added)
    {
        if (!added.Any(sign => SentenceEnds.Contains(sign, StringComparison.Ordinal)))
        {
            return false;
        }

        var whole = Sentences.Cut(text.ToString()).Where(Sentences.IsWhole).ToList();
        return whole.Count != whole.Distinct(StringComparer.Ordinal).Count();
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

    /// <summary>The answer alone. Templates that open the thought themselves leave only its end mark in the output, and an answer that was cut may leave only its beginning.</summary>
    private static string WithoutThoughts(string text)
    {
        var answer = text.LastIndexOf(EndOfThought, StringComparison.Ordinal) is >= 0 and var end ? text[(end + EndOfThought.Length)..] : text;
        return answer.IndexOf("<think>", StringComparison.Ordinal) is >= 0 and var begin ? answer[..begin] : answer;
    }

    // Citation numbers, list marks and Markdown that the prompt asked the model to leave out.
    [GeneratedRegex(@"\[\d+\]|【\d+】|\*\*|^#+\s*|^[-*•]\s+|^\d+(?:、|\.(?!\d))\s*", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marks();
}

/// <summary>What the model wrote, unchecked.</summary>
internal sealed class Draft
{
    public IReadOnlyList<string> Sentences { get; set; } = [];

    /// <summary>The evidence that the model was shown.</summary>
    public IReadOnlyList<Evidence> Read { get; init; } = [];

    /// <summary>What tools returned.</summary>
    public List<Evidence> Found { get; } = [];

    public FlowStep? Proposal { get; set; }

    /// <summary>Which of two models wrote it, as the fail-over says; null: there is only the configured one.</summary>
    public string? AnsweredBy { get; set; }

    public ChatFinishReason? Finish { get; set; }

    /// <summary>The model ran out of tokens: the rest is missing.</summary>
    public bool IsCut => Finish == ChatFinishReason.Length;

    /// <summary>The stream ended without saying that it ended, or for a reason other than being done.</summary>
    public bool IsBroken => Finish != ChatFinishReason.Stop && !IsCut;

    /// <summary>The model on this machine stopped because its time was up, which is no fault of what it was asked.</summary>
    public bool IsTooLate => Finish?.Value == "deadline";
}
