namespace SmartService.Inference.Chat.Formats;

internal static class Thoughts
{
    /// <summary>Text and thought of an assistant's turn; a thought that another client left in the text is taken out as the templates do it.</summary>
    public static (string Text, string Thought) Split(Turn turn)
    {
        const string Close = "</think>";
        if (turn.Thinking.Length > 0)
        {
            return (turn.Text, turn.Thinking);
        }

        var first = turn.Text.IndexOf(Close, StringComparison.Ordinal);
        if (first < 0)
        {
            return (turn.Text, "");
        }

        var thought = turn.Text[..first].TrimEnd('\n');
        var open = thought.LastIndexOf("<think>", StringComparison.Ordinal);
        thought = (open < 0 ? thought : thought[(open + "<think>".Length)..]).TrimStart('\n');
        return (After(turn.Text, Close).TrimStart('\n'), thought);
    }

    /// <summary>What follows the last <paramref name="mark"/>, or everything.</summary>
    public static string After(string text, string mark)
    {
        var last = text.LastIndexOf(mark, StringComparison.Ordinal);
        return last < 0 ? text : text[(last + mark.Length)..];
    }
}
