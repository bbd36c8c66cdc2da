using System.Text.Json;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Output;

internal enum StartMatch
{
    No,

    /// <summary>More text is needed to tell.</summary>
    Maybe,
    Yes,
}

/// <summary>How a family writes tool calls. Stateless.</summary>
internal abstract class ToolSyntax
{
    /// <summary>Marks that open a call wherever they stand.</summary>
    public abstract IReadOnlyList<string> Openers { get; }

    /// <summary>Marks round calls that say nothing by themselves; dropped.</summary>
    public virtual IReadOnlyList<string> Wrappers => [];

    /// <summary>Those of the marks that are control tokens, which have no text unless the host is asked to show them.</summary>
    public virtual IReadOnlyList<string> ControlMarks => [];

    /// <summary>The mark that ends a call, where there is one that appears nowhere else.</summary>
    public virtual string? Closer => null;

    /// <summary>Whether a turn that begins with <paramref name="text"/> is a call, for families without an opening mark.</summary>
    public virtual StartMatch MatchesStart(ReadOnlySpan<char> text) => StartMatch.No;

    /// <summary>Reads a call.</summary>
    /// <param name="text">What follows the opening mark, or what <see cref="MatchesStart"/> matched.</param>
    /// <param name="isBare">No opening mark stood before the text: <see cref="MatchesStart"/> found the call.</param>
    /// <param name="ended">The model ended its turn after this text: a missing closing mark is forgiven.</param>
    /// <param name="tools">For syntaxes whose values have no type of their own.</param>
    public abstract CallRead Read(string text, bool isBare, bool ended, IReadOnlyList<ToolDescription> tools);

    /// <summary>The text that opens a call, whether that can only begin a turn, and what must follow.</summary>
    /// <param name="tools">At least one.</param>
    /// <param name="anyArguments">Accept any object instead of what the tools' schemas say.</param>
    public abstract (string Trigger, bool AtStartOnly, OutputShape Then) Shape(IReadOnlyList<ToolDescription> tools, bool anyArguments);

    /// <summary>One of the tools: what stands before and after its name, arguments by its schema, the end.</summary>
    protected static OutputShape OneOf(IReadOnlyList<ToolDescription> tools, bool anyArguments, Func<string, string> head, string tail)
    {
        var options = tools.Select(OutputShape (tool) => new OutputShape.InOrder(
            [new OutputShape.Literal(head(tool.Name)), new OutputShape.Json(anyArguments ? AnyObject : Schema(tool)), new OutputShape.Literal(tail)])).ToList();
        return options.Count == 1 ? options[0] : new OutputShape.Choice(options);
    }

    protected const string AnyObject = """{"type":"object"}""";

    private static string Schema(ToolDescription tool) =>
        tool.Schema.ValueKind == JsonValueKind.Object && tool.Schema.TryGetProperty("type", out _) ? tool.Schema.GetRawText() : AnyObject;

    /// <summary>Skips white space and <paramref name="mark"/>. Null: more text could still bring the mark. -1: something else stands there.</summary>
    protected static int? After(string text, int at, string mark, bool ended)
    {
        at = JsonText.SkipSpace(text, at);
        if (string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0)
        {
            return at + mark.Length;
        }

        return !ended && mark.AsSpan().StartsWith(text.AsSpan(at), StringComparison.Ordinal) ? null : -1;
    }

    /// <summary>A broken call: everything up to the closing mark, which may still come.</summary>
    protected static CallRead Broken(string text, int from, string closer, bool ended)
    {
        var end = text.IndexOf(closer, from, StringComparison.Ordinal);
        return end >= 0 ? CallRead.Of(end + closer.Length, WrittenCall.Malformed)
            : ended ? CallRead.Of(text.Length, WrittenCall.Malformed)
            : CallRead.NeedsMore;
    }
}
