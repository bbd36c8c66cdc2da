using System.Text.Json;
using System.Text.Json.Nodes;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

/// <summary><c>&lt;tool_call&gt;&lt;function=NAME&gt;&lt;parameter=KEY&gt;value&lt;/parameter&gt;…&lt;/function&gt;&lt;/tool_call&gt;</c>; values are typed by the tool's schema.</summary>
internal sealed class QwenXmlSyntax : ToolSyntax
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";
    private const string ValueEnd = "</parameter>";

    public static QwenXmlSyntax Instance { get; } = new();

    public override IReadOnlyList<string> Openers { get; } = [Open];

    public override string Closer => Close;

    public override CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools)
    {
        var at = After(text, 0, "<function=", ended);
        var nameEnd = at > 0 ? text.IndexOf('>', at.Value) : -1;
        if (at is null || (at > 0 && nameEnd < 0))
        {
            return ended ? CallRead.Of(Math.Max(1, text.Length), WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        if (at < 0)
        {
            return Broken(text, 0, Close, ended);
        }

        var name = text[at.Value..nameEnd].Trim();
        var schema = tools.FirstOrDefault(tool => tool.Name == name)?.Schema;
        return Parameters(text, nameEnd + 1, name, schema, ended);
    }

    // The text of arguments is raw, so nothing can be forced beyond the tool's name.
    public override (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments) =>
        (Open, false, new OutputShape.InOrder(
            [new OutputShape.Literal("\n<function="), new OutputShape.Choice([.. tools.Select(tool => new OutputShape.Literal(tool.Name + ">\n"))])]));

    private static CallRead Parameters(string text, int at, string name, JsonElement? schema, bool ended)
    {
        var arguments = new JsonObject();
        while (true)
        {
            var (parameter, function) = (After(text, at, "<parameter=", ended), After(text, at, "</function>", ended));
            if (function > 0)
            {
                var close = After(text, function.Value, Close, ended);
                return close is null ? CallRead.NeedsMore
                    : CallRead.Of(close > 0 ? close.Value : function.Value, new WrittenCall(name, JsonSerializer.SerializeToElement(arguments)));
            }

            if (parameter is null || function is null)
            {
                return CallRead.NeedsMore;
            }

            if (parameter < 0)
            {
                return Broken(text, at, Close, ended);
            }

            var keyEnd = text.IndexOf('>', parameter.Value);
            var end = keyEnd < 0 ? -1 : text.IndexOf(ValueEnd, keyEnd, StringComparison.Ordinal);
            if (end < 0)
            {
                return ended ? CallRead.Of(text.Length, WrittenCall.Malformed) : CallRead.NeedsMore;
            }

            var key = text[parameter.Value..keyEnd].Trim();
            arguments[key] = Value(OneLineBreakLess(text[(keyEnd + 1)..end]), schema, key);
            at = end + ValueEnd.Length;
        }
    }

    private static string OneLineBreakLess(string value)
    {
        value = value.StartsWith('\n') ? value[1..] : value;
        return value.EndsWith('\n') ? value[..^1] : value;
    }

    private static JsonNode? Value(string text, JsonElement? schema, string key)
    {
        if (IsString(schema, key))
        {
            return JsonValue.Create(text);
        }

        return text.Trim() switch
        {
            "True" => JsonValue.Create(true),
            "False" => JsonValue.Create(false),
            "None" => null,
            var value => JsonText.Parse(value) is { } json ? JsonNode.Parse(json.GetRawText()) : JsonValue.Create(text),
        };
    }

    private static bool IsString(JsonElement? schema, string key) =>
        schema is { ValueKind: JsonValueKind.Object } tool &&
        tool.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object &&
        properties.TryGetProperty(key, out var property) && property.ValueKind == JsonValueKind.Object &&
        property.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() == "string";
}
