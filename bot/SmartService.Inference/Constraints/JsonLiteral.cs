using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>JSON text of fixed values: compact, Chinese as it is, and each value in one way only.</summary>
internal static class JsonLiteral
{
    /// <summary>A string with its quotation marks; escaped is only what JSON demands.</summary>
    public static string Of(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                < 0x20 => json.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => json.Append(rune.ToString()),
            };
        }

        return json.Append('"').ToString();
    }

    /// <summary>A value of a schema's <c>enum</c> or <c>const</c>; numbers as the schema writes them.</summary>
    public static string Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Of(value.GetString()!),
        JsonValueKind.Object => "{" + string.Join(',', value.EnumerateObject().Select(member => Of(member.Name) + ":" + Of(member.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(',', value.EnumerateArray().Select(Of)) + "]",
        _ => value.GetRawText(),
    };
}
