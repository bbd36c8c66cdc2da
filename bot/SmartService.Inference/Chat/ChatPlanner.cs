using System.Globalization;
using Microsoft.Extensions.AI;
using SmartService.Inference.Hosting;
using P = SmartService.Inference.Chat.ChatRequestProperties;

namespace SmartService.Inference.Chat;

/// <summary>Makes the host's request from messages and options.</summary>
internal sealed class ChatPlanner(ChatFormat format, LocalChatOptions defaults, TimeProvider time)
{
    /// <exception cref="ArgumentException">The options contradict themselves, or a property has a wrong type.</exception>
    /// <exception cref="NotSupportedException">A message or a tool is of a kind that a local model cannot take.</exception>
    public ChatPlan Plan(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var tools = options?.ToolMode is NoneChatToolMode ? [] : Tools(options);
        var shape = Property<OutputShape>(options, P.Shape);
        var required = options?.ToolMode as RequiredChatToolMode;
        var json = shape is null && required is null ? Json(options?.ResponseFormat) : null;

        // A shape begins with the first token, so there is no room for a thought.
        var fixedFromStart = shape is not null || json is not null || required is not null;
        var prompt = new ChatPrompt(TurnReader.Read(messages, options?.Instructions))
        {
            Tools = tools,
            Thinking = fixedFromStart ? false : Property<bool?>(options, P.Thinking) ?? defaults.Thinking,
            Today = DateOnly.FromDateTime(time.GetLocalNow().DateTime),
        };
        var callShape = shape is null ? CallShape(tools, required, json, options, anyArguments: false) : null;
        var single = options?.AllowMultipleToolCalls == false;
        var stop = (options?.StopSequences ?? []).Where(text => text.Length > 0).ToList();
        if (single && callShape is not null && required is null && format.Calls.Closer is { } closer)
        {
            stop.Add(closer);
        }

        var request = new GenerationRequest
        {
            Prompt = format.Render(prompt),
            MaxTokens = options?.MaxOutputTokens ?? defaults.MaxOutputTokens,
            Sampling = Sampling(options),
            Stop = stop,
            Shape = shape ?? callShape ?? json,
            ControlMarks = tools.Count > 0 ? format.Calls.ControlMarks : [],
            Conversation = Property<string>(options, P.Conversation) ?? options?.ConversationId,
            Tenant = Property<string>(options, P.Tenant) ?? "",
            Class = Class(options),
            TimeLimit = TimeLimit(options),
        };
        return new ChatPlan(request, tools)
        {
            InThought = format.OpensThought(prompt),
            MaxCalls = single ? 1 : int.MaxValue,
            IsVerbatim = shape is not null || (json is not null && tools.Count == 0),
            Fallback = callShape is null ? null : CallShape(tools, required, json, options, anyArguments: true),
        };
    }

    private static List<ToolDescription> Tools(ChatOptions? options)
    {
        var tools = new List<ToolDescription>();
        foreach (var tool in options?.Tools ?? [])
        {
            tools.Add(tool is AIFunctionDeclaration function
                ? new ToolDescription(function.Name, function.Description, function.JsonSchema)
                : throw new NotSupportedException($"The tool {tool.Name} is a {tool.GetType().Name}; the local model calls functions only."));
        }

        return tools;
    }

    private OutputShape? CallShape(
        List<ToolDescription> tools, RequiredChatToolMode? required, OutputShape? json, ChatOptions? options, bool anyArguments)
    {
        if (required is null && tools.Count == 0)
        {
            return null;
        }

        var callable = required?.RequiredFunctionName is { } name ? tools.Where(tool => tool.Name == name).ToList() : tools;
        if (callable.Count == 0)
        {
            throw new ArgumentException("A tool call is required, but the tool is not among the options' tools.", nameof(options));
        }

        var (trigger, atStartOnly, then) = format.Calls.Shape(callable, anyArguments);
        var call = new OutputShape.InOrder([new OutputShape.Literal(trigger), then]);
        return required is not null
            ? options?.AllowMultipleToolCalls == true && !atStartOnly ? new OutputShape.InOrder([call, new OutputShape.FreeText(trigger, then)]) : call
            : json is not null ? new OutputShape.Choice([json, call])
            : new OutputShape.FreeText(trigger, then, atStartOnly);
    }

    private static OutputShape.Json? Json(ChatResponseFormat? responseFormat) => responseFormat is not ChatResponseFormatJson json
        ? null
        : new OutputShape.Json(json.Schema is { } schema ? schema.GetRawText() : """{"type":"object"}""");

    private SamplingSettings Sampling(ChatOptions? options)
    {
        var sampling = defaults.Sampling;
        return options is null ? sampling : sampling with
        {
            Temperature = options.Temperature ?? sampling.Temperature,
            TopK = options.TopK ?? sampling.TopK,
            TopP = options.TopP ?? sampling.TopP,
            MinP = (float)(Number(options, P.MinP) ?? sampling.MinP),
            FrequencyPenalty = options.FrequencyPenalty ?? sampling.FrequencyPenalty,
            PresencePenalty = options.PresencePenalty ?? sampling.PresencePenalty,
            RepetitionPenalty = (float)(Number(options, P.RepetitionPenalty) ?? sampling.RepetitionPenalty),
            Seed = options.Seed is { } seed ? unchecked((ulong)seed) : sampling.Seed,
        };
    }

    private static RequestClass Class(ChatOptions? options) => Value(options, P.Class) switch
    {
        null => RequestClass.Interactive,
        RequestClass value => value,
        string name when Enum.TryParse<RequestClass>(name, ignoreCase: true, out var value) => value,
        _ => throw Wrong(P.Class),
    };

    private static TimeSpan? TimeLimit(ChatOptions? options) =>
        Value(options, P.TimeLimit) is TimeSpan span ? span
        : Number(options, P.TimeLimit) is { } seconds ? TimeSpan.FromSeconds(seconds)
        : null;

    private static double? Number(ChatOptions? options, string name) => Value(options, name) switch
    {
        null => null,
        IConvertible value when value is not (string or bool or DateTime) => value.ToDouble(CultureInfo.InvariantCulture),
        _ => throw Wrong(name),
    };

    private static T? Property<T>(ChatOptions? options, string name) => Value(options, name) switch
    {
        null => default,
        T value => value,
        _ => throw Wrong(name),
    };

    private static object? Value(ChatOptions? options, string name) => options?.AdditionalProperties?.GetValueOrDefault(name);

    private static ArgumentException Wrong(string name) => new($"The additional property {name} has a value of a wrong type.", nameof(name));
}
