using System.Text.Json;

namespace SmartService.Inference.Chat.Output;

/// <summary>JSON within other text.</summary>
internal static class JsonText
{
    /// <summary>The index after the object or array that opens at <paramref name="start"/>; -1: it does not end here.</summary>
    public static int End(ReadOnlySpan<char> text, int start)
    {
        var (depth, inString) = (0, false);
        for (var at = start; at < text.Length; at++)
        {
            var character = text[at];
            if (inString)
            {
                at += character == '\\' ? 1 : 0;
                inString = character != '"';
            }
            else if (character is '{' or '[')
            {
                depth++;
            }
            else if (character is '}' or ']' && --depth == 0)
            {
                return at + 1;
            }
            else
            {
                inString = character == '"';
            }
        }

        return -1;
    }

    public static int SkipSpace(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    /// <summary>The value, or null when it is not JSON.</summary>
    public static JsonElement? Parse(ReadOnlySpan<char> text)
    {
        try
        {
            var value = JsonElement.Parse(text);
            Decode(value);
            return value;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // Half of a surrogate pair is found only when a string is decoded.
    private static void Decode(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Decode(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    _ = property.Name;
                    Decode(property.Value);
                }

                break;
        }
    }

    /// <summary>A call written as an object with <c>name</c> and <c>arguments</c> (or <c>parameters</c>).</summary>
    public static WrittenCall Call(JsonElement? value)
    {
        if (value is not { ValueKind: JsonValueKind.Object } call ||
            !call.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String)
        {
            return WrittenCall.Malformed;
        }

        if (!call.TryGetProperty("arguments", out var arguments) && !call.TryGetProperty("parameters", out arguments))
        {
            return new WrittenCall(name.GetString()!, Parse("{}"));
        }

        return new WrittenCall(name.GetString()!, Arguments(arguments));
    }

    /// <summary>The arguments as an object; some models write the object as a string, as OpenAI's API does.</summary>
    public static JsonElement? Arguments(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.Object } => value,
        { ValueKind: JsonValueKind.String } text when Parse(text.GetString()!) is { ValueKind: JsonValueKind.Object } inner => inner,
        _ => null,
    };
}
