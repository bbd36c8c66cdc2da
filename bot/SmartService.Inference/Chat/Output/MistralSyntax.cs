using System.Text.Json;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

/// <summary><c>[TOOL_CALLS][{"name": …, "arguments": {…}}]</c>, later <c>[TOOL_CALLS]name[ARGS]{…}</c>. Reads both, and the list without its mark.</summary>
internal sealed class MistralSyntax : ToolSyntax
{
    private const string Open = "[TOOL_CALLS]";
    private const string Arguments = "[ARGS]";
    private const string CallId = "[CALL_ID]";
    private static readonly MistralSyntax s_list = new(named: false);
    private static readonly MistralSyntax s_named = new(named: true);
    private readonly bool _named;

    private MistralSyntax(bool named) => _named = named;

    public override IReadOnlyList<string> Openers { get; } = [Open];

    public override IReadOnlyList<string> ControlMarks { get; } = [Open, Arguments, CallId];

    public static MistralSyntax Of(ChatFamily family) => family == ChatFamily.MistralV11 ? s_named : s_list;

    public override StartMatch MatchesStart(ReadOnlySpan<char> text)
    {
        var at = 0;
        foreach (var wanted in (ReadOnlySpan<string>)["[", "{", "\"name\""])
        {
            at = JsonText.SkipSpace(text, at);
            if (!text[at..].StartsWith(wanted, StringComparison.Ordinal))
            {
                return wanted.AsSpan().StartsWith(text[at..], StringComparison.Ordinal) ? StartMatch.Maybe : StartMatch.No;
            }

            at += wanted.Length;
        }

        return StartMatch.Yes;
    }

    public override CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools)
    {
        var start = JsonText.SkipSpace(text, 0);
        var open = text.AsSpan(start).IndexOfAny('[', '{');
        var isList = start < text.Length && text[start] == '[';
        var body = isList ? start : open < 0 ? -1 : text.IndexOf('{', start);
        var end = body < 0 ? -1 : JsonText.End(text, body);
        if (end < 0)
        {
            return ended ? CallRead.Of(Math.Max(1, text.Length), WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        var value = JsonText.Parse(text.AsSpan(body, end - body));
        if (isList)
        {
            return value is { } list
                ? CallRead.Of(end, list.EnumerateArray().Select(item => JsonText.Call(item)).ToList())
                : CallRead.Of(end, WrittenCall.Malformed);
        }

        var name = text[start..body];
        if (name.Length == 0)
        {
            return CallRead.Of(end, JsonText.Call(value));
        }

        name = name.Replace(Arguments, "", StringComparison.Ordinal);
        var id = name.IndexOf(CallId, StringComparison.Ordinal);
        return CallRead.Of(end, new WrittenCall((id < 0 ? name : name[..id]).Trim(), JsonText.Arguments(value)));
    }

    public override (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments) => _named
        ? (Open, false, OneOf(tools, anyArguments, name => name + Arguments, ""))
        : (Open, false, OneOf(tools, anyArguments, name => $"[{{\"name\": \"{name}\", \"arguments\": ", "}]"));
}
