using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Plugins.Orders;

/// <summary>What the flows say, from <c>Texts.json</c>.</summary>
internal static class OrderTexts
{
    private static readonly Dictionary<string, string> Texts = Load();

    public static string Say(string name, params ReadOnlySpan<(string Gap, string Words)> gaps)
    {
        var text = Texts[name];
        foreach (var (gap, words) in gaps)
        {
            text = text.Replace($"{{{gap}}}", words, StringComparison.Ordinal);
        }

        return text;
    }

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(OrderTexts).Assembly.GetManifestResourceStream("SmartService.Plugins.Orders.Texts.json")!;
        return JsonSerializer.Deserialize(stream, OrderToolJson.Default.DictionaryStringString)!;
    }
}

/// <summary>Results of our own tools as the gate returns them.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(OrderLookup))]
[JsonSerializable(typeof(ReturnOutcome))]
internal sealed partial class OrderToolJson : JsonSerializerContext;
