using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Bot.Turns;

/// <summary>What the turn engine itself says to customers, and how it describes messages that are not text.</summary>
internal sealed record TurnTexts(
    string ContinueHint,
    string Apology,
    string Image,
    string Voice,
    string Video,
    string File,
    string Location,
    string Link,
    string Product,
    string Order,
    string Unsupported)
{
    public static TurnTexts Current { get; } = Load();

    private static TurnTexts Load()
    {
        using var stream = typeof(TurnTexts).Assembly.GetManifestResourceStream("SmartService.Bot.Turns.TurnTexts.json")!;
        return JsonSerializer.Deserialize(stream, TurnTextsJson.Default.TurnTexts)!;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TurnTexts))]
internal sealed partial class TurnTextsJson : JsonSerializerContext;
