using System.Text.Json;
using Microsoft.Extensions.Localization;
using MudBlazor;

namespace SmartService.Desk.Texts;

/// <summary>MudBlazor's own words in Chinese, from <c>mudblazor.zh-CN.json</c>. The desk has one language, whatever the server's culture.</summary>
internal sealed class DeskMudLocalizer : MudLocalizer
{
    private static readonly Dictionary<string, string> Texts = Load();

    public override LocalizedString this[string key] =>
        Texts.TryGetValue(key, out var text) ? new LocalizedString(key, text) : new LocalizedString(key, key, resourceNotFound: true);

    private static Dictionary<string, string> Load()
    {
        using var stream = typeof(DeskMudLocalizer).Assembly.GetManifestResourceStream("SmartService.Desk.Texts.mudblazor.zh-CN.json")
            ?? throw new InvalidOperationException("The embedded texts of the desk are missing.");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(text => text.Name, text => text.Value.GetString()!, StringComparer.Ordinal);
    }
}
