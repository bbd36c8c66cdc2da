using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService;

/// <summary>
/// JSON as it is stored and shown. Chinese stays readable: escapes would inflate the tables. Emoji are escaped all the same, so
/// this is not for bodies to WeCom, which refuses <c>\uXXXX</c> (error 40033): the channel has an encoder of its own.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MessageBody))]
[JsonSerializable(typeof(ReplyPart))]
[JsonSerializable(typeof(DialogueState))]
[JsonSerializable(typeof(IReadOnlyList<Citation>))]
[JsonSerializable(typeof(TurnTimings))]
public sealed partial class SmartServiceJson : JsonSerializerContext
{
    /// <summary>The context to use for everything that is stored: source-generated, unescaped.</summary>
    public static SmartServiceJson Stored { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    });
}
