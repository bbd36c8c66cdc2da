using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartService.Inference.Chat;

/// <summary>Writes JSON values as Python's <c>str()</c> does, which is what <c>| string</c> is in a template: <c>True</c>, <c>None</c>, <c>['a', 'b']</c>.</summary>
internal static class PythonRepr
{
    public static string Str(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : Repr(value);

    private static string Repr(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "True",
        JsonValueKind.False => "False",
        JsonValueKind.Null or JsonValueKind.Undefined => "None",
        JsonValueKind.String => Quote(value.GetString()!),
        JsonValueKind.Array => "[" + string.Join(", ", value.EnumerateArray().Select(Repr)) + "]",
        JsonValueKind.Object => "{" + string.Join(", ", value.EnumerateObject().Select(property => Quote(property.Name) + ": " + Repr(property.Value))) + "}",
        _ => PythonJson.Write(value),
    };

    private static string Quote(string value)
    {
        var quote = value.Contains('\'', StringComparison.Ordinal) && !value.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var text = new StringBuilder().Append(quote);
        foreach (var character in value)
        {
            _ = character switch
            {
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                _ when character == quote => text.Append('\\').Append(character),
                < ' ' or (>= '\u007f' and <= '\u00a0') or '\u00ad' => text.Append("\\x").Append(((int)character).ToString("x2", CultureInfo.InvariantCulture)),
                '\u3000' or '\u2028' or '\u2029' or (>= '\u2000' and <= '\u200f') or '\ufeff' => text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(character),
            };
        }

        return text.Append(quote).ToString();
    }
}
