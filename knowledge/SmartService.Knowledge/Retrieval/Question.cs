using System.Text.RegularExpressions;
using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>
/// A question taken apart: the products it names, what it asks about them, and the words that an answer must cover.
/// There is no word cutter: runs of characters between known words are covered character by character, each through the
/// bigrams it is part of, so that a bigram across two words costs nothing.
/// </summary>
internal sealed partial class Question
{
    private Question(string text, IReadOnlyList<Mention> mentions, IReadOnlyList<Relation> relations, IReadOnlyList<Unit> units)
    {
        Text = text;
        Mentions = mentions;
        Relations = relations;
        Units = units;
        Type = AnswerType.Of(text);
    }

    public string Text { get; }

    public IReadOnlyList<Mention> Mentions { get; }

    public IReadOnlyList<Relation> Relations { get; }

    public IReadOnlyList<Unit> Units { get; }

    public AnswerType? Type { get; }

    /// <summary>Everything whose frequency matters for this question.</summary>
    public IEnumerable<string> CountedTerms =>
        TermCounts.Counted(Text).Concat(Units.SelectMany(unit => unit.Others).SelectMany(IndexTerms.Of)).Distinct(StringComparer.Ordinal);

    /// <summary>The question without the names of products, for cells of a row that is about one.</summary>
    public Question Unnamed => new(Text, [], Relations, [.. Units.Where(unit => unit.Kind != UnitKind.Product)]);

    /// <summary>Whether no other character of an unknown word is beside this one.</summary>
    public bool IsAlone(int index) =>
        !(index > 0 && Units[index - 1].Kind == UnitKind.Character && Units[index - 1].Start + 1 == Units[index].Start)
        && !(index + 1 < Units.Count && Units[index + 1].Kind == UnitKind.Character && Units[index].Start + 1 == Units[index + 1].Start);

    /// <summary>Whether something is asked besides the name of a product.</summary>
    public bool HasContent => Units.Any(unit => unit.Kind is UnitKind.Word or UnitKind.Character or UnitKind.Relation);

    /// <summary>Folds a question: 包不包邮 asks whether 包邮.</summary>
    public static string Fold(string text) => Whether().Replace(ChineseText.Normalize(text).Text.Trim(), "${verb}");

    /// <summary>Takes a question apart.</summary>
    /// <param name="text">Folded text.</param>
    /// <param name="catalogue">The products; null when products do not matter, as for the wording of a FAQ entry.</param>
    public static Question Parse(string text, Catalogue? catalogue)
    {
        var question = Parse(text, catalogue, skipFunctionWords: true);
        // 怎么在你们家买东西: when every word is a common one, the common ones must do.
        return question.Units.Any(unit => unit.Kind is not (UnitKind.Function or UnitKind.Particle)) ? question : Parse(text, catalogue, skipFunctionWords: false);
    }

    private static Question Parse(string text, Catalogue? catalogue, bool skipFunctionWords)
    {
        var mentions = catalogue?.Find(text) ?? [];
        var kinds = new UnitKind[text.Length];
        var units = new List<Unit>();
        foreach (var mention in mentions)
        {
            Mark(units, kinds, text, mention.Start, mention.Length, UnitKind.Product, []);
        }

        var relations = FindRelations(text, units, kinds);
        for (var i = 0; i < text.Length;)
        {
            if (kinds[i] != UnitKind.None)
            {
                i++;
                continue;
            }

            var word = skipFunctionWords ? Free(kinds, i, Lexicon.FunctionWordAt(text, i)) : 0;
            var synonym = Free(kinds, i, Lexicon.SynonymAt(text, i, out var others));
            var common = Free(kinds, i, Lexicon.CommonWordAt(text, i));
            var category = catalogue is null ? 0 : Free(kinds, i, catalogue.CategoryAt(text, i, out _));
            if (category >= Math.Max(1, Math.Max(Math.Max(word, synonym), common)))
            {
                Mark(units, kinds, text, i, category, UnitKind.Category, Lexicon.SynonymAt(text, i, out var alike) == category ? alike : []);
                i += category;
                continue;
            }

            if (synonym > 0 && synonym >= word && synonym >= common)
            {
                Mark(units, kinds, text, i, synonym, UnitKind.Word, others);
                i += synonym;
            }
            else if (common > word)
            {
                Mark(units, kinds, text, i, common, UnitKind.Common, []);
                i += common;
            }
            else if (word > 0)
            {
                Mark(units, kinds, text, i, word, word == 1 ? UnitKind.Particle : UnitKind.Function, []);
                i += word;
            }
            else if (ChineseText.IsHan(text[i]) && i + 1 < text.Length && text[i + 1] == '子' && Free(kinds, i, 2) == 2)
            {
                Mark(units, kinds, text, i, 2, UnitKind.Word, []);
                i += 2;
            }
            else if (ChineseNumerals.IsNumeral(text[i]))
            {
                Mark(units, kinds, text, i, 1, UnitKind.Common, []);
                i++;
            }
            else if (ChineseText.IsHan(text[i]))
            {
                Mark(units, kinds, text, i, 1, UnitKind.Character, []);
                i++;
            }
            else if (char.IsLetterOrDigit(text[i]))
            {
                var length = Math.Max(1, Free(kinds, i, IndexTerms.WordEnd(text, i) - i));
                // Amounts are conditions more often than subjects: 一千积分能抵多少, 住6楼.
                Mark(units, kinds, text, i, length, char.IsAsciiDigit(text[i]) ? UnitKind.Common : UnitKind.Word, []);
                i += length;
            }
            else
            {
                i++;
            }
        }

        return new Question(text, mentions, relations, JoinSingles([.. units.OrderBy(unit => unit.Start)]));
    }

    /// <summary>Everyday characters side by side make a word that is none: 加热 is neither 加 nor 热.</summary>
    private static List<Unit> JoinSingles(List<Unit> units)
    {
        bool Single(int i) => i >= 0 && i < units.Count && units[i] is { Length: 1, Kind: UnitKind.Common or UnitKind.Character } unit && ChineseText.IsHan(unit.Text[0]);
        bool Word(int i, int next) => units[i].Start + 1 == units[next].Start && !(ChineseNumerals.IsNumeral(units[i].Text[0]) && ChineseNumerals.IsNumeral(units[next].Text[0]));
        var joined = new List<Unit>(units);
        for (var i = 0; i < units.Count; i++)
        {
            if (units[i].Kind == UnitKind.Common && Single(i)
                && ((Single(i - 1) && Word(i - 1, i)) || (Single(i + 1) && Word(i, i + 1))))
            {
                joined[i] = units[i] with { Kind = UnitKind.Character };
            }
        }

        return joined;
    }

    private static List<Relation> FindRelations(string text, List<Unit> units, UnitKind[] kinds)
    {
        var found = new List<Relation>();
        foreach (var (relation, phrase) in Lexicon.RelationPhrases)
        {
            var at = text.IndexOf(phrase, StringComparison.Ordinal);
            if (at < 0 || (kinds[at] is not (UnitKind.None or UnitKind.Relation)))
            {
                continue;
            }

            if (kinds.AsSpan(at, phrase.Length).Contains(UnitKind.Product))
            {
                continue;
            }

            if (!found.Contains(relation) && (kinds[at] == UnitKind.None || units.Exists(unit => unit.Start == at && unit.Length == phrase.Length)))
            {
                found.Add(relation);
            }

            if (Free(kinds, at, phrase.Length) == phrase.Length)
            {
                _ = Lexicon.SynonymAt(text, at, out var others);
                Mark(units, kinds, text, at, phrase.Length, UnitKind.Relation, [.. others.Concat(relation.Phrases).Concat(relation.Headers).Where(other => other != phrase).Distinct(StringComparer.Ordinal)]);
            }
        }

        return found;
    }

    [GeneratedRegex("(?<verb>[\\u4e00-\\u9fff])不\\k<verb>", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Whether();

    private static int Free(UnitKind[] kinds, int start, int length)
    {
        for (var i = start; i < start + length; i++)
        {
            if (kinds[i] != UnitKind.None)
            {
                return 0;
            }
        }

        return length;
    }

    private static void Mark(List<Unit> units, UnitKind[] kinds, string text, int start, int length, UnitKind kind, IReadOnlyList<string> others)
    {
        units.Add(new Unit(start, length, text.Substring(start, length), kind, others));
        kinds.AsSpan(start, length).Fill(kind);
    }
}

/// <summary>A part of a question.</summary>
internal sealed record Unit(int Start, int Length, string Text, UnitKind Kind, IReadOnlyList<string> Others)
{
    public HashSet<string> Terms { get; } = IndexTerms.Of(Text);
}

/// <summary>What a part of a question is.</summary>
internal enum UnitKind
{
    None,

    /// <summary>Names a product.</summary>
    Product,

    /// <summary>Asks for something that tables of products hold.</summary>
    Relation,

    /// <summary>A known word, or letters and digits.</summary>
    Word,

    /// <summary>One Chinese character of a word that no list knows.</summary>
    Character,

    /// <summary>What kind of thing a product is. General rules hold for all kinds and need not name this one.</summary>
    Category,

    /// <summary>An everyday word that a document need not repeat.</summary>
    Common,

    /// <summary>A word without content.</summary>
    Function,

    /// <summary>A single character that is usually no content, but may be part of a word: 会 in 会员.</summary>
    Particle,
}
