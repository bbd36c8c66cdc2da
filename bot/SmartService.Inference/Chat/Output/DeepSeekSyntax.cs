using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

/// <summary>R1: type, separator, name, fenced JSON. V3.1: name, separator, JSON.</summary>
internal sealed class DeepSeekSyntax : ToolSyntax
{
    private const string CallsOpen = "<｜tool▁calls▁begin｜>";
    private const string CallsClose = "<｜tool▁calls▁end｜>";
    private const string Open = "<｜tool▁call▁begin｜>";
    private const string Close = "<｜tool▁call▁end｜>";
    private const string Separator = "<｜tool▁sep｜>";
    private readonly bool _fenced;

    private DeepSeekSyntax(bool fenced) => _fenced = fenced;

    public static DeepSeekSyntax R1 { get; } = new(fenced: true);

    public static DeepSeekSyntax V31 { get; } = new(fenced: false);

    public override IReadOnlyList<string> Openers { get; } = [Open];

    public override IReadOnlyList<string> Wrappers { get; } = [CallsOpen, CallsClose];

    public override IReadOnlyList<string> ControlMarks { get; } = [CallsOpen, CallsClose, Open, Close, Separator];

    public override string Closer => CallsClose;

    public override CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools)
    {
        var separator = text.IndexOf(Separator, StringComparison.Ordinal);
        var open = separator < 0 ? -1 : text.IndexOf('{', separator);
        var firstClose = text.IndexOf(Close, StringComparison.Ordinal);
        if (firstClose >= 0 && (open < 0 || open > firstClose))
        {
            return CallRead.Of(firstClose + Close.Length, WrittenCall.Malformed);
        }

        var end = open < 0 ? -1 : JsonText.End(text, open);
        if (end < 0)
        {
            return ended ? CallRead.Of(Math.Max(1, text.Length), WrittenCall.Malformed) : CallRead.NeedsMore;
        }

        var between = text[(separator + Separator.Length)..open];
        var fence = between.IndexOf("```", StringComparison.Ordinal);
        var name = (fence < 0 && between.Trim().Length == 0 ? text[..separator] : fence < 0 ? between : between[..fence]).Trim();
        var arguments = JsonText.Arguments(JsonText.Parse(text.AsSpan(open, end - open)));
        var afterFence = fence < 0 ? end : After(text, end, "```", ended);
        if (afterFence is null)
        {
            return CallRead.NeedsMore;
        }

        var close = After(text, afterFence > 0 ? afterFence.Value : end, Close, ended);
        var call = new WrittenCall(name, arguments);
        return close is null ? CallRead.NeedsMore
            : close > 0 ? CallRead.Of(close.Value, call)
            : ended && JsonText.SkipSpace(text, end) == text.Length ? CallRead.Of(text.Length, call)
            : Broken(text, end, Close, ended);
    }

    public override (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments) => _fenced
        ? (CallsOpen, false, OneOf(tools, anyArguments, name => $"{Open}function{Separator}{name}\n```json\n", $"\n```{Close}{CallsClose}"))
        : (CallsOpen, false, OneOf(tools, anyArguments, name => $"{Open}{name}{Separator}", $"{Close}{CallsClose}"));
}
