using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>
/// The model on this machine as an <see cref="IChatClient"/>. Thread-safe; does not own the host. What it reads of
/// <see cref="ChatOptions.AdditionalProperties"/> is in <see cref="ChatRequestProperties"/>. Thoughts arrive as
/// <see cref="TextReasoningContent"/>, broken tool calls as <see cref="ErrorContent"/> with a code of <see cref="ToolCallProblem"/>.
/// </summary>
public sealed class LocalChatClient : IChatClient
{
    private readonly IModelHost _host;
    private readonly LocalChatOptions _options;
    private readonly TimeProvider _time;
    private volatile Speaker? _speaker;

    /// <param name="host">Runs the model; started by the first request if nobody did it before.</param>
    /// <param name="options">Defaults for what a request does not say.</param>
    /// <param name="time">The clock.</param>
    public LocalChatClient(IModelHost host, LocalChatOptions? options = null, TimeProvider? time = null) =>
        (_host, _options, _time) = (host, options ?? new LocalChatOptions(), time ?? TimeProvider.System);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var hasLateThought = false;
        var response = await StreamAsync(messages, options, () => hasLateThought = true, cancellationToken).ToChatResponseAsync(cancellationToken);
        if (hasLateThought)
        {
            LateThought.TakeOut(response);
        }

        return response;
    }

    /// <summary>
    /// The answer in pieces. A thought that the model ended without having begun one has been passed on as text by then: the text then
    /// holds <c>&lt;/think&gt;</c>, and what stands before it is not for customers. <see cref="GetResponseAsync"/> leaves it out.
    /// </summary>
    /// <exception cref="ModelUnavailableException">The model is not there, or of a family that is not known.</exception>
    /// <exception cref="ModelSaturatedException">Too much is waiting already.</exception>
    /// <exception cref="PromptTooLongException">The last exchange and the system text do not fit the context.</exception>
    /// <exception cref="NotSupportedException">A message holds something else than text, tool calls and tool results.</exception>
    /// <exception cref="ArgumentException">The options contradict themselves, or a schema has a keyword that cannot be enforced.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(messages, options, static () => { }, cancellationToken);

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, Action lateThought, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var speaker = _speaker ??= Speaker.Of(await _host.StartAsync(cancellationToken), _options);
        var plan = new ChatPlanner(speaker.Format, _options, _time).Plan(messages, options);
        var parser = plan.IsVerbatim ? null : new OutputParser(speaker.Format, plan.Tools, plan.InThought, plan.MaxCalls);
        var id = Guid.NewGuid().ToString("N");
        var finished = false;
        await foreach (var update in ObservedAsync(plan, speaker.Model.Name, cancellationToken))
        {
            var contents = new List<AIContent>(parser?.Push(update.Text) ?? Verbatim(update.Text));
            if (update.Finish is { } finish)
            {
                contents.AddRange(parser?.End(finish is FinishReason.Stop or FinishReason.StopText) ?? []);
                AddUsage(contents, update.Usage);
                finished = true;
            }

            if (contents.Count > 0 || finished)
            {
                yield return Update(update, contents, id, speaker.Model.Name, parser);
            }
        }

        if (!finished)
        {
            throw new ModelUnavailableException("The model's output ended without a finish reason.");
        }

        if (parser is { HasLateThought: true })
        {
            lateThought();
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("llama.cpp", defaultModelId: _speaker?.Model.Name)
        : serviceType.IsInstanceOfType(this) ? this
        : serviceType.IsInstanceOfType(_host) ? _host
        : null;

    /// <summary>Nothing: the host belongs to whoever made it.</summary>
    public void Dispose()
    {
    }

    // Telemetry of each request, however it ends.
    private async IAsyncEnumerable<GenerationUpdate> ObservedAsync(ChatPlan plan, string model, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        string? error = "cancelled";
        try
        {
            await using var updates = GenerateAsync(plan, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
                {
                    error = exception.GetType().Name;
                    throw;
                }

                if (updates.Current is { Finish: { } finish, Usage: { } usage })
                {
                    error = null;
                    ChatTelemetry.Finished(model, finish, usage);
                }

                yield return updates.Current;
            }
        }
        finally
        {
            if (error is not null)
            {
                ChatTelemetry.Failed(model, error, _time.GetElapsedTime(start));
            }
        }
    }

    // A tool's schema may hold what the host cannot enforce. The tool must still be usable: then any arguments are accepted, which
    // the tool checks as it must anyway.
    private async IAsyncEnumerable<GenerationUpdate> GenerateAsync(ChatPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var updates = _host.GenerateAsync(plan.Request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            bool any;
            try
            {
                any = await updates.MoveNextAsync();
            }
            catch (ArgumentException) when (plan.Fallback is not null)
            {
                await updates.DisposeAsync();
                updates = _host.GenerateAsync(plan.Request with { Shape = plan.Fallback }, cancellationToken).GetAsyncEnumerator(cancellationToken);
                any = await updates.MoveNextAsync();
            }

            while (any)
            {
                yield return updates.Current;
                any = await updates.MoveNextAsync();
            }
        }
        finally
        {
            await updates.DisposeAsync();
        }
    }

    private ChatResponseUpdate Update(GenerationUpdate update, List<AIContent> contents, string id, string model, OutputParser? parser) =>
        new(ChatRole.Assistant, contents)
        {
            ResponseId = id,
            MessageId = id,
            ModelId = model,
            CreatedAt = _time.GetUtcNow(),
            FinishReason = update.Finish is { } finish ? Reason(finish, parser) : null,
            AdditionalProperties = update.ChoiceScores is { } scores ? new() { [ChatRequestProperties.ChoiceScores] = scores } : null,
        };

    private static ChatFinishReason Reason(FinishReason finish, OutputParser? parser) => finish switch
    {
        FinishReason.Length => ChatFinishReason.Length,
        FinishReason.Deadline => LocalFinishReasons.Deadline,
        _ => parser is { Calls: > 0 } ? ChatFinishReason.ToolCalls
            : parser is { HasProblem: true } ? LocalFinishReasons.BrokenToolCall
            : ChatFinishReason.Stop,
    };

    private static AIContent[] Verbatim(string text) => text.Length == 0 ? [] : [new TextContent(text)];

    private static void AddUsage(List<AIContent> contents, GenerationUsage? usage)
    {
        if (usage is null)
        {
            return;
        }

        contents.Add(new UsageContent(new UsageDetails
        {
            InputTokenCount = usage.PromptTokens,
            OutputTokenCount = usage.OutputTokens,
            TotalTokenCount = usage.PromptTokens + usage.OutputTokens,
            CachedInputTokenCount = usage.CachedTokens,
            AdditionalCounts = new AdditionalPropertiesDictionary<long>
            {
                [LocalUsageCounts.Cached] = usage.CachedTokens,
                [LocalUsageCounts.Fed] = usage.FedTokens,
                [LocalUsageCounts.DroppedBlocks] = usage.DroppedBlocks,
                [LocalUsageCounts.QueuedMilliseconds] = (long)usage.Queued.TotalMilliseconds,
                [LocalUsageCounts.FirstTokenMilliseconds] = (long)usage.TimeToFirstToken.TotalMilliseconds,
                [LocalUsageCounts.TotalMilliseconds] = (long)usage.Duration.TotalMilliseconds,
            },
        }));
    }
}
