using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using SmartService.Knowledge.Retrieval;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Store;

/// <summary>
/// What questions are understood against: products with their names, categories and relations. A snapshot, replaced
/// after every import; names only, so that it stays small with many products.
/// </summary>
internal sealed partial class Catalogue
{
    public static readonly string[] CategoryRelations = ["类别", "品类", "分类", "类目", "商品类别", "产品类别"];

    private readonly Dictionary<string, List<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ProductName>> _namesByBigram = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _categories = new(StringComparer.Ordinal);
    private readonly int[] _nameLengths;

    public Catalogue(
        int passages, bool dated, IReadOnlyList<AliasRow> subjects, IReadOnlyList<AliasRow> aliases, IReadOnlyList<string> relations, IReadOnlyList<AliasRow> categories)
    {
        (Passages, IsDated) = (passages, dated);
        Relations = relations;
        Subjects = [.. subjects.Select(row => row.Subject)];
        foreach (var row in subjects.Concat(aliases))
        {
            AddName(ChineseText.Normalize(row.Alias).Text.Trim(), row.Subject, row.Alias == row.Subject);
        }

        foreach (var row in categories)
        {
            foreach (var category in row.Alias.Split(['/', '、', '>', '›', ' ', '，'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var word = ChineseText.Normalize(category).Text;
                Add(_categories, word, row.Subject);
                if (word.Length == 2 && word[1] is '具' or '类')
                {
                    Add(_categories, word[..1], row.Subject);
                }
            }
        }

        AddEndingsAsCategories(subjects);
        _nameLengths = [.. _names.Keys.Select(name => name.Length).Distinct().OrderDescending()];
    }

    /// <summary>How many passages are visible: the N of idf.</summary>
    public int Passages { get; }

    /// <summary>Whether anything is valid for a time only.</summary>
    public bool IsDated { get; }

    public IReadOnlyList<string> Subjects { get; }

    /// <summary>The relations that any product has, as the tables name them.</summary>
    public IReadOnlyList<string> Relations { get; }

    /// <summary>Term counts that were looked up since this snapshot was made.</summary>
    public ConcurrentDictionary<string, int> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>Passages that were prepared for scoring since this snapshot was made.</summary>
    public ConcurrentDictionary<long, PassageView> Views { get; } = new();

    public IEnumerable<string> NameBigrams => _namesByBigram.Keys;

    /// <summary>Repairs slips by sound; set once the frequent terms are loaded.</summary>
    public Spelling? Spelling { get; set; }

    /// <summary>The longest category name at this place and its products.</summary>
    public int CategoryAt(string text, int start, out IReadOnlyList<string> subjects)
    {
        for (var length = Math.Min(8, text.Length - start); length > 0; length--)
        {
            if (_categories.TryGetValue(text.Substring(start, length), out var found))
            {
                subjects = found;
                return length;
            }
        }

        subjects = [];
        return 0;
    }

    /// <summary>Products named in the folded text, in order, without overlaps.</summary>
    public IReadOnlyList<Mention> Find(string text)
    {
        var mentions = new List<Mention>();
        var taken = new bool[text.Length];
        FindExact(text, mentions, taken);
        FindSimilar(text, mentions, taken);
        // Each round finds one more product by a part of its name in what is left: 深眠跟棠梨哪个厚.
        // With a product named in full, another one is only meant where the question sets things side by side.
        var several = mentions.Count == 0 || Joins().IsMatch(text);
        for (var round = 0; several && round < 3 && FindPartial(text, mentions, taken); round++)
        {
        }

        return [.. mentions.OrderBy(mention => mention.Start)];
    }

    private void FindExact(string text, List<Mention> mentions, bool[] taken)
    {
        foreach (var length in _nameLengths)
        {
            for (var start = 0; start + length <= text.Length; start++)
            {
                if (!taken.AsSpan(start, length).Contains(true) && _names.TryGetValue(text.Substring(start, length), out var subjects))
                {
                    Take(new Mention(start, length, subjects, 1), mentions, taken);
                }
            }
        }
    }

    /// <summary>One wrong, missing or additional character in a name of at least four.</summary>
    private void FindSimilar(string text, List<Mention> mentions, bool[] taken)
    {
        foreach (var name in NamesSharing(text).Where(name => name.Text.Length >= 4).OrderByDescending(name => name.Text.Length))
        {
            for (var length = name.Text.Length + 1; length >= name.Text.Length - 1; length--)
            {
                for (var start = 0; start + length <= text.Length; start++)
                {
                    if (text[start] == name.Text[0] | text[start + length - 1] == name.Text[^1]
                        && (length == name.Text.Length || length > 4) && !taken.AsSpan(start, length).Contains(true) && Edits.AtMostOne(text.AsSpan(start, length), name.Text))
                    {
                        Take(new Mention(start, length, [name.Subject], 0.9), mentions, taken);
                    }
                }
            }
        }
    }

    /// <summary>
    /// The beginning of a name that tells products apart, such as the name of a series. A part that is common elsewhere in the
    /// documents (实木, 双人) is a word, not a name.
    /// </summary>
    private bool FindPartial(string all, List<Mention> mentions, bool[] taken)
    {
        var text = string.Concat(all.Select((c, i) => taken[i] ? ' ' : c));
        var scored = new List<(ProductName Name, double Share, int Start, int End)>();
        foreach (var name in NamesSharing(text))
        {
            double hit = 0, whole = 0;
            var (start, end, telling) = (int.MaxValue, 0, false);
            for (var i = 0; i + 1 < name.Text.Length; i++)
            {
                var bigram = name.Text.Substring(i, 2);
                var weight = 1.0 / _namesByBigram[bigram].Count;
                whole += weight;
                var at = text.IndexOf(bigram, StringComparison.Ordinal);
                if (at >= 0)
                {
                    hit += weight;
                    (start, end) = (Math.Min(start, at), Math.Max(end, at + 2));
                    telling |= i == 0 && name.Own && IsTelling(bigram);
                }
            }

            if (telling)
            {
                scored.Add((name, hit / whole, start, end));
            }
        }

        if (scored.Count == 0)
        {
            return false;
        }

        var best = scored.Max(candidate => candidate.Share);
        var first = scored.First(candidate => candidate.Share == best).Start;
        var chosen = scored.Where(candidate => candidate.Share >= best - 0.02 && candidate.Start == first).ToList();
        var subjects = chosen.Select(candidate => candidate.Name.Subject).Distinct(StringComparer.Ordinal).Take(4).ToList();
        var from = chosen.Min(candidate => candidate.Start);
        var to = chosen.Where(candidate => candidate.End - from <= 12).Select(candidate => candidate.End).DefaultIfEmpty(from + 2).Max();
        Take(new Mention(from, to - from, subjects, 0.8), mentions, taken);
        return true;
    }

    private bool IsTelling(string bigram)
    {
        var names = _namesByBigram[bigram].Select(name => name.Subject).Distinct(StringComparer.Ordinal).Count();
        return names <= Math.Max(3, Subjects.Count / 10) && (!Counts.TryGetValue(bigram, out var passages) || passages <= (3 * names) + 2)
            && !_categories.ContainsKey(bigram);
    }

    private IEnumerable<ProductName> NamesSharing(string text) =>
        IndexTerms.Of(text).Where(term => _namesByBigram.TryGetValue(term, out var names) && names.Count <= 200)
            .SelectMany(term => _namesByBigram[term]).Distinct();

    private static void Take(Mention mention, List<Mention> mentions, bool[] taken)
    {
        mentions.Add(mention);
        taken.AsSpan(mention.Start, mention.Length).Fill(true);
    }

    private void AddName(string name, string subject, bool own)
    {
        // One character is no name anyone could mean.
        if (name.Length < 2)
        {
            return;
        }

        Add(_names, name, subject);
        var entry = new ProductName(name, subject, own);
        for (var i = 0; i + 1 < name.Length; i++)
        {
            Add(_namesByBigram, name.Substring(i, 2), entry);
        }
    }

    /// <summary>Names end in what the thing is: 云栖三人布艺沙发 is a 沙发, whatever the table calls its category.</summary>
    private void AddEndingsAsCategories(IReadOnlyList<AliasRow> subjects)
    {
        foreach (var subject in subjects.Select(row => row.Subject))
        {
            // 听雨人体工学椅Pro ends in 椅 all the same.
            var name = ChineseText.Normalize(subject).Text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyz0123456789 -"]);
            for (var length = 2; length <= 5 && length < name.Length - 1; length++)
            {
                Add(_categories, name[^length..], subject);
            }
        }
    }

    private static void Add<T>(Dictionary<string, List<T>> index, string key, T value)
    {
        if (!index.TryGetValue(key, out var values))
        {
            index[key] = values = [];
        }

        if (!values.Contains(value))
        {
            values.Add(value);
        }
    }

    [GeneratedRegex("和|跟|与|或|还是|对比|比较|相比|区别|差别|哪个|哪款|哪张|哪把|谁|vs|、|比", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Joins();

    /// <param name="Text">Folded.</param>
    /// <param name="Subject">The product.</param>
    /// <param name="Own">The name in the catalogue rather than one of the others: 折叠圆桌 is no reason to take 折叠 for a name.</param>
    private sealed record ProductName(string Text, string Subject, bool Own);
}

/// <summary>A place in a question that names products; several when the words fit several equally.</summary>
internal sealed record Mention(int Start, int Length, IReadOnlyList<string> Subjects, double Certainty);
