using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>A passage prepared for scoring; kept as long as the catalogue that it belongs to.</summary>
internal sealed class PassageView
{
    private (Question Question, Evidence Evidence)[]? _questions;
    private Evidence[]? _sentences;
    private Piece[]? _pieces;

    public PassageView(PassageRow row)
    {
        Row = row;
        All = new Evidence(ChineseText.Normalize($"{row.Source}\n{row.Question}\n{row.Variants}\n{row.Text}").Text, row.Subject is null);
        Answer = ChineseText.Normalize(row.Text).Text;
        Title = new Evidence(ChineseText.Normalize($"{row.Source}\n{row.Question}").Text);
    }

    public PassageRow Row { get; }

    /// <summary>Whether the frequencies of its wordings were looked up.</summary>
    public bool Counted { get; set; }

    public Evidence All { get; }

    public Evidence Title { get; }

    public string Answer { get; }

    /// <summary>The sentences of the text, or the cells of a row.</summary>
    public IReadOnlyList<Piece> Pieces => _pieces ??=
        [.. Text.Sentences.Split(Row.Text).Select(sentence => new Piece(sentence.Start, sentence.Length, new Evidence(ChineseText.Normalize(Row.Text.Substring(sentence.Start, sentence.Length)).Text)))];

    /// <summary>Each sentence with the headings and questions above it; a row of a table is one sentence.</summary>
    public IReadOnlyList<Evidence> Sentences => _sentences ??= Row.PassageKind == PassageKind.Row
        ? [All]
        : [.. Text.Sentences.Split(Row.Text).Select(sentence => new Evidence(ChineseText.Normalize($"{Row.Source}\n{Row.Question}\n{Row.Variants}\n{Row.Text.Substring(sentence.Start, sentence.Length)}").Text, Row.Subject is null))];

    /// <summary>The question of a FAQ entry and the other ways to ask it.</summary>
    public IReadOnlyList<(Question Question, Evidence Evidence)> Questions => _questions ??= Row.Question is null
        ? []
        : [.. $"{Row.Question}\n{Row.Variants}".Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Retrieval.Question.Fold).Select(text => (Question.Parse(text, null), new Evidence(text)))];
}

/// <summary>A part of a passage's text.</summary>
internal sealed record Piece(int Start, int Length, Evidence Evidence);

/// <summary>Text that may cover a question.</summary>
internal sealed class Evidence
{
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _pairs;

    /// <param name="text">Folded.</param>
    /// <param name="general">It is about no product in particular, so it need not name the kind of thing that is asked about.</param>
    public Evidence(string text, bool general = true)
    {
        (Text, IsGeneral, Terms) = (text, general, IndexTerms.Of(text));
        _pairs = Terms.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static Evidence Nothing { get; } = new("");

    public string Text { get; }

    public bool IsGeneral { get; }

    public HashSet<string> Terms { get; }

    /// <summary>Whether the two characters at this place of the text stand here too.</summary>
    public bool HasPair(string text, int at) => _pairs.Contains(text.AsSpan(at, 2));

    /// <summary>The terms answer most: a word whose first pair is not there need not be searched for.</summary>
    public bool Contains(string word) => word.Length >= 2 && ChineseText.IsHan(word[0]) && ChineseText.IsHan(word[1])
        ? _pairs.Contains(word.AsSpan(0, 2)) && (word.Length == 2 || Text.Contains(word, StringComparison.Ordinal))
        : Text.Contains(word, StringComparison.Ordinal);
}
