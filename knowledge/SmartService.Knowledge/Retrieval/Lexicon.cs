using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>The word lists that questions are understood with.</summary>
internal static class Lexicon
{
    private static readonly Dictionary<string, string[]> SynonymsOf = LoadSynonyms();
    private static readonly HashSet<string> FunctionWords = [.. Resource.Lines("function-words.txt").Select(word => ChineseText.Normalize(word.Trim()).Text)];
    private static readonly HashSet<string> CommonWords = [.. Resource.Lines("common-words.txt").SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(word => ChineseText.Normalize(word).Text)];
    private static readonly int LongestCommonWord = CommonWords.Max(word => word.Length);
    private static readonly int LongestSynonym = SynonymsOf.Keys.Max(word => word.Length);
    private static readonly int LongestFunctionWord = FunctionWords.Max(word => word.Length);

    public static IReadOnlyList<Relation> Relations { get; } = [.. Resource.Lines("relations.txt").Select(Relation.Parse)];

    /// <summary>Every way to ask for a relation, the longest first.</summary>
    public static IReadOnlyList<(Relation Relation, string Phrase)> RelationPhrases { get; } =
        [.. Relations.SelectMany(relation => relation.Phrases.Select(phrase => (relation, phrase))).OrderByDescending(pair => pair.phrase.Length)];

    /// <summary>The longest word at this place that has synonyms.</summary>
    public static int SynonymAt(string text, int start, out string[] others)
    {
        for (var length = Math.Min(LongestSynonym, text.Length - start); length > 0; length--)
        {
            if (SynonymsOf.TryGetValue(text.Substring(start, length), out others!))
            {
                return length;
            }
        }

        others = [];
        return 0;
    }

    /// <summary>The longest word without content at this place.</summary>
    public static int FunctionWordAt(string text, int start) => LongestAt(FunctionWords, LongestFunctionWord, text, start);

    /// <summary>The longest everyday word at this place.</summary>
    public static int CommonWordAt(string text, int start) => LongestAt(CommonWords, LongestCommonWord, text, start);

    private static int LongestAt(HashSet<string> words, int longest, string text, int start)
    {
        for (var length = Math.Min(longest, text.Length - start); length > 0; length--)
        {
            if (words.Contains(text.Substring(start, length)))
            {
                return length;
            }
        }

        return 0;
    }

    private static Dictionary<string, string[]> LoadSynonyms()
    {
        var groups = Resource.Lines("synonyms.txt").Select(line => ChineseText.Normalize(line).Text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        return groups.SelectMany(group => group).Distinct(StringComparer.Ordinal).ToDictionary(
            word => word,
            word => groups.Where(group => group.Contains(word, StringComparer.Ordinal)).SelectMany(group => group).Where(other => other != word)
                .Distinct(StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);
    }
}

/// <summary>Something that customers ask about a product.</summary>
internal sealed record Relation(string Name, IReadOnlyList<string> Headers, IReadOnlyList<string> Phrases, string Kind)
{
    public static Relation Parse(string line)
    {
        var parts = line.Split('\t');
        return new Relation(parts[0], parts[1].Split(','), [.. parts[2].Split(',').OrderByDescending(phrase => phrase.Length)], parts[3]);
    }

    public bool Covers(string header) => Headers.Any(known => header.Equals(known, StringComparison.OrdinalIgnoreCase));
}
