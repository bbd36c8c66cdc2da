using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

/// <summary>
/// <c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c>, any number of them. Small models of these families (Qwen2.5-Coder 0.5B
/// always) forget the marks and begin with the object, often in a code fence: that is a call too, or customers would read it.
/// </summary>
internal sealed class HermesSyntax : ToolSyntax
{
    private const string Open = "<tool_call>";
    private const string Close = "</tool_call>";

    public static HermesSyntax Instance { get; } = new();

    public override IReadOnlyList<string> Openers { get; } = [Open];

    public override string Closer => Close;

    public override StartMatch MatchesStart(ReadOnlySpan<char> text) => JsonCallSyntax.Fenced.MatchesStart(text);

    public override CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools)
    {
        if (isBare)
        {
            return JsonCallSyntax.Fenced.Read(text, isBare, ended, tools);
        }

        var start = JsonText.SkipSpace(text, 0);
        if (start == text.Length)
        {
            return ended ? CallRead.Of(text.Length, WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        var end = text[start] == '{' ? JsonText.End(text, start) : -1;
        if (end < 0)
        {
            // A closing mark inside a string of the arguments ends nothing, so only text that is no object is searched for one.
            return text[start] == '{' && !ended ? CallRead.NeedsMore : Broken(text, start, Close, ended);
        }

        var call = JsonText.Call(JsonText.Parse(text.AsSpan(start, end - start)));
        var (close, open) = (After(text, end, Close, ended), After(text, end, Open, ended));
        if (close is null || open is null)
        {
            return CallRead.NeedsMore;
        }

        if (close > 0)
        {
            return CallRead.Of(close.Value, call);
        }

        // Small models forget the closing mark before the next call and at the end of the turn.
        var forgotten = open > 0 || (ended && JsonText.SkipSpace(text, end) == text.Length);
        return forgotten ? CallRead.Of(end, call) : Broken(text, end, Close, ended);
    }

    public override (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments) =>
        (Open, false, OneOf(tools, anyArguments, name => $"\n{{\"name\": \"{name}\", \"arguments\": ", $"}}\n{Close}"));
}
