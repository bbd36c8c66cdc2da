using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>What the child is to load, and how it is to report.</summary>
internal sealed record WireStart(LocalModelOptions Options, TimeSpan BeatEvery, int Window);

internal sealed record WireEmbed(IReadOnlyList<string> Texts, EmbeddingPurpose Purpose);

internal sealed record WireRerank(string Query, IReadOnlyList<string> Passages);

/// <summary>An exception on its way to the other process.</summary>
internal sealed record WireFailure(FailureKind Kind, string Message, TimeSpan RetryAfter)
{
    /// <summary>Exceptions that are not part of the seam travel as their type's name: their messages may quote what a customer wrote.</summary>
    public static WireFailure Of(Exception exception) => exception switch
    {
        ModelSaturatedException saturated => new(FailureKind.Saturated, saturated.Message, saturated.RetryAfter),
        PromptTooLongException => new(FailureKind.PromptTooLong, exception.Message, default),
        ModelUnavailableException => new(FailureKind.Unavailable, exception.Message, default),
        OperationCanceledException => new(FailureKind.Cancelled, exception.Message, default),
        ArgumentException => new(FailureKind.Argument, exception.Message, default),
        _ => new(FailureKind.Other, exception.GetType().FullName ?? "", default),
    };

    public Exception ToException() => Kind switch
    {
        FailureKind.Saturated => new ModelSaturatedException(Message) { RetryAfter = RetryAfter },
        FailureKind.PromptTooLong => new PromptTooLongException(Message),
        FailureKind.Unavailable => new ModelUnavailableException(Message),
        FailureKind.Cancelled => new OperationCanceledException(Message),
        FailureKind.Argument => new ArgumentException(Message, paramName: null),
        _ => new InvalidOperationException($"The model host failed with {Message}."),
    };
}

internal enum FailureKind
{
    Other,
    Saturated,
    PromptTooLong,
    Unavailable,
    Cancelled,
    Argument,
}

[JsonSourceGenerationOptions(
    MaxDepth = 512,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(WireStart))]
[JsonSerializable(typeof(WireEmbed))]
[JsonSerializable(typeof(WireRerank))]
[JsonSerializable(typeof(WireFailure))]
[JsonSerializable(typeof(GenerationRequest))]
[JsonSerializable(typeof(GenerationUpdate))]
[JsonSerializable(typeof(ModelHostInfo))]
[JsonSerializable(typeof(ModelHostStatus))]
internal sealed partial class WireJson : JsonSerializerContext
{
    // Chinese stays three bytes a character instead of six ASCII ones; nothing here is ever shown in HTML.
    public static WireJson Compact => Made.Context;

    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new ProtocolException($"A message holds no {typeof(T).Name}.");
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            // The message of the parser, which may quote the text, stays inside.
            throw new ProtocolException($"A message is not a {typeof(T).Name}.", exception);
        }
    }

    // Apart, because the order in which the parts of this class are initialised is not defined.
    private static class Made
    {
        public static readonly WireJson Context = new(new JsonSerializerOptions(Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = null,
        });
    }
}
