using SmartService.Bot.Answers.Checking;

namespace SmartService.Bot.Prompts;

/// <summary>Cuts what was found to the sentences that the question is about, so that a model which reads slowly reads little.</summary>
internal static class Excerpts
{
    /// <summary>The best sources, cut to whole sentences, together at most <paramref name="tokens"/>; at least one sentence where there is any.</summary>
    public static IReadOnlyList<Evidence> Of(IReadOnlyList<Evidence> evidence, string question, int most, int tokens)
    {
        var asked = Polarity.Content(question);
        var excerpts = new List<Evidence>();
        var left = tokens;
        foreach (var source in evidence.Take(most))
        {
            var sentences = Sentences.Cut(source.Text);
            var chosen = new SortedSet<int>();
            // The best source gets most of the room, not all of it.
            var room = left * 2 / 3;
            foreach (var at in Enumerable.Range(0, sentences.Count).OrderByDescending(at => Worth(source, sentences[at], asked)).ThenBy(at => at))
            {
                var cost = Tokens(sentences[at]);
                // The very first sentence is taken whatever it costs: a prompt without any helps nobody.
                var first = excerpts.Count == 0 && chosen.Count == 0;
                if (first || (cost <= room && Worth(source, sentences[at], asked) > 0))
                {
                    chosen.Add(at);
                    room -= cost;
                    left -= cost;
                }
            }

            if (chosen.Count > 0)
            {
                excerpts.Add(source.Only(string.Concat(chosen.Select(at => sentences[at]))));
            }
        }

        return excerpts;
    }

    /// <summary>About how many tokens a text has: a Chinese character is 0.6 to 0.75 in the vocabularies of Qwen, Latin letters and digits fewer.</summary>
    public static int Tokens(string text) => (int)Math.Ceiling(text.Sum(sign => sign >= '\u2E80' ? 0.75 : 0.4));

    // What the retriever would quote comes first, then what shares words with the question.
    private static double Worth(Evidence source, string sentence, IReadOnlySet<string> asked) =>
        (source.Quote.Contains(sentence, StringComparison.Ordinal) ? 100 : 0) + Polarity.Content(sentence).Count(asked.Contains);
}
