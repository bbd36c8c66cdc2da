using System.Text;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Cuts text into sentences with their end marks.</summary>
internal static class Sentences
{
    private const string Ends = "。！？!?；;\n";
    private const string Closers = "」”』）)】\"'";

    /// <summary>The sentences; the last may lack an end mark.</summary>
    public static IReadOnlyList<string> Cut(string text)
    {
        var sentences = new List<string>();
        var current = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            current.Append(text[at]);
            if (!EndsAt(text, at))
            {
                continue;
            }

            while (at + 1 < text.Length && (Closers.Contains(text[at + 1], StringComparison.Ordinal) || (Ends.Contains(text[at + 1], StringComparison.Ordinal) && text[at + 1] != '\n')))
            {
                current.Append(text[++at]);
            }

            Flush();
        }

        Flush();
        return sentences;

        void Flush()
        {
            var sentence = current.ToString().Trim();
            if (sentence.Length > 0)
            {
                sentences.Add(sentence);
            }

            current.Clear();
        }
    }

    /// <summary>Whether the sentence has an end mark, so that nothing of it is missing.</summary>
    public static bool IsWhole(string sentence) => sentence.Length > 0 && (Ends + Closers + "~～….").Contains(sentence[^1], StringComparison.Ordinal);

    // A full stop between digits or in a link ends nothing.
    private static bool EndsAt(string text, int at) =>
        Ends.Contains(text[at], StringComparison.Ordinal) || (text[at] == '.' && at + 1 < text.Length && char.IsWhiteSpace(text[at + 1]));
}
