using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartService.Inference.Chat;

/// <summary>
/// Writes JSON as Python's <c>json.dumps(x, ensure_ascii=False)</c> does, which is what <c>tojson</c> is in the templates of the
/// transformers library: a space after comma and colon, Chinese and <c>&lt;&gt;&amp;'</c> as they are, floats in their shortest form.
/// </summary>
internal static class PythonJson
{
    public static string Write(JsonElement element, int? indent = null)
    {
        var text = new StringBuilder();
        Write(text, element, indent, 0);
        return text.ToString();
    }

    /// <summary>The string with its quotes.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder();
        Quote(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonElement element, int? indent, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                List(text, element.EnumerateObject(), '{', '}', indent, depth, property =>
                {
                    Quote(text, property.Name);
                    text.Append(": ");
                    Write(text, property.Value, indent, depth + 1);
                });
                break;
            case JsonValueKind.Array:
                List(text, element.EnumerateArray(), '[', ']', indent, depth, item => Write(text, item, indent, depth + 1));
                break;
            case JsonValueKind.String:
                Quote(text, element.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Number(element.GetRawText()));
                break;
            default:
                text.Append(element.ValueKind switch
                {
                    JsonValueKind.True => "true",
                    JsonValueKind.False => "false",
                    _ => "null",
                });
                break;
        }
    }

    private static void List<T>(StringBuilder text, IEnumerable<T> items, char open, char close, int? indent, int depth, Action<T> write)
    {
        text.Append(open);
        var any = false;
        foreach (var item in items)
        {
            text.Append(any ? indent is null ? ", " : "," : "");
            NewLine(text, indent, depth + 1);
            write(item);
            any = true;
        }

        if (any)
        {
            NewLine(text, indent, depth);
        }

        text.Append(close);
    }

    private static void NewLine(StringBuilder text, int? indent, int depth)
    {
        if (indent is { } width)
        {
            text.Append('\n').Append(' ', width * depth);
        }
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var character in value)
        {
            _ = character switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(character),
            };
        }

        text.Append('"');
    }

    // Python reads 1.50 and 1e2 as floats and writes 1.5 and 100.0; integers of any length stay as they are.
    private static string Number(string raw)
    {
        if (raw.AsSpan().IndexOfAny('.', 'e', 'E') < 0)
        {
            return raw is "-0" ? "0" : raw;
        }

        var value = double.Parse(raw, CultureInfo.InvariantCulture);
        if (double.IsInfinity(value))
        {
            return value > 0 ? "Infinity" : "-Infinity";
        }

        return Float(value);
    }

    private static string Float(double value)
    {
        var shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        var roundTrip = value.ToString("R", CultureInfo.InvariantCulture);
        var exponent = value == 0 ? 0 : int.Parse(shortest.AsSpan(shortest.IndexOf('E', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        var negative = roundTrip.StartsWith('-');
        var digits = Digits(roundTrip.AsSpan(negative ? 1 : 0));
        var sign = negative ? "-" : "";
        if (exponent is >= -4 and < 16)
        {
            return sign + Fixed(digits, exponent);
        }

        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    // The significant digits of .NET's shortest form, without point, exponent and zeros at either end.
    private static string Digits(ReadOnlySpan<char> number)
    {
        var end = number.IndexOf('E');
        var digits = new string(end < 0 ? number : number[..end]).Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        return digits.Length == 0 ? "0" : digits;
    }

    private static string Fixed(string digits, int exponent)
    {
        if (exponent < 0)
        {
            return "0." + new string('0', -exponent - 1) + digits;
        }

        var whole = digits.Length > exponent ? digits[..(exponent + 1)] : digits.PadRight(exponent + 1, '0');
        var fraction = digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0";
        return whole + "." + fraction;
    }
}
