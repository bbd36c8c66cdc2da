using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>
/// Repairs characters of the right sound in a word that no document holds: 发漂 becomes 发票. Only where the pair sounds
/// exactly like one that the documents do hold, one of its characters is right, and the other is part of no known pair.
/// </summary>
internal sealed class Spelling
{
    private readonly Dictionary<string, string> _bySound = new(StringComparer.Ordinal);

    /// <param name="pairs">Pairs of characters from the documents, the most frequent first.</param>
    public Spelling(IEnumerable<string> pairs)
    {
        foreach (var pair in pairs.Where(pair => pair.Length == 2 && ChineseText.IsHan(pair[0]) && ChineseText.IsHan(pair[1])))
        {
            if (Pinyin.Of(pair) is { } sound)
            {
                _bySound.TryAdd(sound, pair);
            }
        }
    }

    public string Repair(string text, Catalogue catalogue)
    {
        var settled = Settled(text);
        bool Known(int at) => at >= 0 && at + 1 < text.Length && catalogue.Counts.GetValueOrDefault(text.Substring(at, 2)) > 0;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (Known(i) || Pinyin.Of(text.AsSpan(i, 2)) is not { } sound || !_bySound.TryGetValue(sound, out var meant))
            {
                continue;
            }

            var wrong = meant[0] != text[i] && meant[1] == text[i + 1] ? i : meant[0] == text[i] && meant[1] != text[i + 1] ? i + 1 : -1;
            // A character inside a word that some list or document knows is right where it is.
            if (wrong < 0 || Known(wrong - 1) || Known(wrong) || settled[i] || settled[i + 1] || text[i + 1] == '子')
            {
                continue;
            }

            // 洗衣机 is no 洗以机: the character beside must go with the repaired one.
            var beside = wrong == i ? i - 1 : i + 2;
            if (beside >= 0 && beside < text.Length && ChineseText.IsHan(text[beside]) && !settled[beside]
                && catalogue.Counts.GetValueOrDefault(wrong == i ? $"{text[beside]}{meant[0]}" : $"{meant[1]}{text[beside]}") == 0)
            {
                continue;
            }

            settled[wrong] = true;
            text = string.Concat(text.AsSpan(0, i), meant, text.AsSpan(i + 2));
        }

        return text;
    }

    /// <summary>Characters of words that the lists know: those are meant as they are written.</summary>
    private static bool[] Settled(string text)
    {
        var settled = new bool[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            var length = Math.Max(Math.Max(Lexicon.FunctionWordAt(text, i), Lexicon.CommonWordAt(text, i)), Lexicon.SynonymAt(text, i, out _));
            settled.AsSpan(i, Math.Max(length, ChineseNumerals.IsNumeral(text[i]) ? 1 : 0)).Fill(true);
        }

        foreach (var (_, phrase) in Lexicon.RelationPhrases)
        {
            if (text.IndexOf(phrase, StringComparison.Ordinal) is >= 0 and var at)
            {
                settled.AsSpan(at, phrase.Length).Fill(true);
            }
        }

        if (ProductFilter.Of(text) is { } filter)
        {
            settled.AsSpan(filter.Start, filter.Length).Fill(true);
        }

        if (ProductFilter.ComparedAt(text) is { } compared)
        {
            settled.AsSpan(compared.Start, compared.Length).Fill(true);
        }

        return settled;
    }
}
