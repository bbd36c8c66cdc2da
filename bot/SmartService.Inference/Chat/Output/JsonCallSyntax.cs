using System.Text.Json;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

/// <summary>A turn that begins with <c>{"name": …, "parameters": {…}}</c>, for some models also in a code fence.</summary>
internal sealed class JsonCallSyntax : ToolSyntax
{
    private const string PythonTag = "<|python_tag|>";
    private readonly bool _fences;

    private JsonCallSyntax(bool fences)
    {
        _fences = fences;
        Openers = fences ? [] : [PythonTag];
    }

    public static JsonCallSyntax Llama { get; } = new(fences: false);

    public static JsonCallSyntax Fenced { get; } = new(fences: true);

    public override IReadOnlyList<string> Openers { get; }

    public override IReadOnlyList<string> ControlMarks => Openers;

    public override StartMatch MatchesStart(ReadOnlySpan<char> text)
    {
        var (body, match) = AfterFence(text);
        return match != StartMatch.Yes ? match : StartsCall(text[body..]);
    }

    public override CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools)
    {
        var (start, match) = AfterFence(text);
        if (match == StartMatch.Maybe || start == text.Length)
        {
            return ended ? CallRead.Of(Math.Max(1, text.Length), WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        // After the python tag there may be code of a built-in tool, which is none of ours.
        var end = text[start] == '{' ? JsonText.End(text, start) : -1;
        if (end < 0)
        {
            return ended ? CallRead.Of(text.Length, WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        var value = JsonText.Parse(text.AsSpan(start, end - start));
        if (start > 0 && text[0] == '`')
        {
            var close = After(text, end, "```", ended);
            if (close is null)
            {
                return CallRead.NeedsMore;
            }

            end = close > 0 ? close.Value : end;
        }

        // An answer may be JSON with a name in it; only one with parameters is a call.
        return value is { ValueKind: JsonValueKind.Object } json && !json.TryGetProperty("parameters", out _) && !json.TryGetProperty("arguments", out _)
            ? CallRead.Text(end)
            : CallRead.Of(end, JsonText.Call(value));
    }

    public override (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments) =>
        ("{\"name\": \"", true, OneOf(tools, anyArguments, name => $"{name}\", \"parameters\": ", "}"));

    private (int Body, StartMatch Match) AfterFence(ReadOnlySpan<char> text)
    {
        if (!_fences || text.IsEmpty || text[0] != '`')
        {
            return (JsonText.SkipSpace(text, 0), StartMatch.Yes);
        }

        var line = text.IndexOf('\n');
        if (line < 0)
        {
            return (0, text.Length <= "```tool_code".Length ? StartMatch.Maybe : StartMatch.No);
        }

        return text[..line] is "```" or "```json" or "```tool_call" or "```tool_code"
            ? (JsonText.SkipSpace(text, line), StartMatch.Yes)
            : (0, StartMatch.No);
    }

    private static StartMatch StartsCall(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return StartMatch.Maybe;
        }

        if (text[0] != '{')
        {
            return StartMatch.No;
        }

        var key = text[JsonText.SkipSpace(text, 1)..];
        foreach (var wanted in (ReadOnlySpan<string>)["\"name\"", "\"type\"", "\"parameters\"", "\"function\""])
        {
            if (key.StartsWith(wanted, StringComparison.Ordinal))
            {
                return StartMatch.Yes;
            }

            if (wanted.AsSpan().StartsWith(key, StringComparison.Ordinal))
            {
                return StartMatch.Maybe;
            }
        }

        return StartMatch.No;
    }
}
