using System.Text.Json;

namespace SmartService.Bot.Desk;

/// <summary>What customers read because of an act on the desk; from <c>Desk/customer-texts.json</c>.</summary>
internal static class DeskTexts
{
    private static readonly Dictionary<string, string> Texts = Load();

    public static string BackToBot => Texts["backToBot"];

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(DeskTexts).Assembly.GetManifestResourceStream("SmartService.Bot.Desk.customer-texts.json")
            ?? throw new InvalidOperationException("The embedded texts of the desk are missing.");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!, StringComparer.Ordinal);
    }
}
