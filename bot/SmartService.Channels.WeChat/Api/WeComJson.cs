using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Channels.WeChat.Api;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SyncRequest))]
[JsonSerializable(typeof(SendRequest))]
[JsonSerializable(typeof(EventSendRequest))]
[JsonSerializable(typeof(StateRequest))]
[JsonSerializable(typeof(TransferRequest))]
[JsonSerializable(typeof(AccountsRequest))]
[JsonSerializable(typeof(WeComAnswer))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(SyncAnswer))]
[JsonSerializable(typeof(SendAnswer))]
[JsonSerializable(typeof(StateAnswer))]
[JsonSerializable(typeof(TransferAnswer))]
[JsonSerializable(typeof(AccountsAnswer))]
internal sealed partial class WeComJson : JsonSerializerContext
{
    /// <summary>The context to use: unescaped, and lenient about numbers that come as strings.</summary>
    public static WeComJson Wire { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowReadingFromString,
        Encoder = UnescapedJson.Instance,
    });
}
