using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SmartService.StandIn.Platform;

/// <summary>JSON as the platform writes it: raw UTF-8, no escapes for Chinese or emoji.</summary>
internal static class PlatformJson
{
    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static ReadOnlyMemory<byte> Object(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, _options))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return Raw(buffer.WrittenMemory);
    }

    /// <summary>A copy whose strings hold no escapes. A lone surrogate is an <see cref="InvalidOperationException"/>.</summary>
    public static JsonElement Clean(JsonElement element)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, _options))
        {
            element.WriteTo(writer);
        }

        using var document = JsonDocument.Parse(Raw(buffer.WrittenMemory));
        return document.RootElement.Clone();
    }

    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static int? Int(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : null;

    public static bool Flag(this JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

    public static JsonElement? Object(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static JsonElement? Array(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } value ? value : null;

    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : null;

    /// <summary>
    /// Whether a body holds a <c>\uXXXX</c> escape (40033). An escaped backslash before a <c>u</c> is not one.
    /// </summary>
    public static bool HasUnicodeEscapes(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at + 1 < json.Length;)
        {
            if (json[at + 1] == (byte)'u')
            {
                return true;
            }

            json = json[(at + 2)..];
            at = json.IndexOf((byte)'\\');
        }

        return false;
    }

    // Even the relaxed encoder escapes emoji, U+3000 and private-use characters; the platform sends them raw.
    private static ReadOnlyMemory<byte> Raw(ReadOnlyMemory<byte> json)
    {
        if (!HasUnicodeEscapes(json.Span))
        {
            return json;
        }

        var text = Encoding.UTF8.GetString(json.Span);
        var raw = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                raw.Append(text[i]);
            }
            else if (text[i + 1] == 'u' && ushort.Parse(text.AsSpan(i + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) is var unit and >= 0x80)
            {
                raw.Append((char)unit);
                i += 5;
            }
            else
            {
                raw.Append(text, i, 2);
                i++;
            }
        }

        return Encoding.UTF8.GetBytes(raw.ToString());
    }
}
