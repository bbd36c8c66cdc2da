namespace SmartService.Knowledge.Text;

/// <summary>Cuts text where a reader would stop.</summary>
public static class Sentences
{
    private const string Ends = "。！？!?；;\n";
    private const string Closing = "”」』）)\"";

    /// <summary>Start and length of every sentence, trimmed, in order.</summary>
    public static IReadOnlyList<(int Start, int Length)> Split(string text)
    {
        var result = new List<(int, int)>();
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !Ends.Contains(text[i], StringComparison.Ordinal))
            {
                continue;
            }

            var end = Math.Min(i + 1, text.Length);
            while (end < text.Length && Closing.Contains(text[end], StringComparison.Ordinal))
            {
                end++;
            }

            var (from, to) = (start, end);
            while (from < to && char.IsWhiteSpace(text[from]))
            {
                from++;
            }

            while (to > from && char.IsWhiteSpace(text[to - 1]))
            {
                to--;
            }

            if (to > from)
            {
                result.Add((from, to - from));
            }

            start = end;
            i = Math.Max(i, end - 1);
        }

        return result;
    }
}
