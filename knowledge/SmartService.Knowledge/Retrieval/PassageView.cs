using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>A passage prepared for scoring; kept as long as the catalogue that it belongs to.</summary>
internal sealed class PassageView
{
    private (Question Question, Evidence Evidence)[]? _questions;
    private Evidence[]? _sentences;

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

    /// <summary>Each sentence with the headings and questions above it; a row of a table is one sentence.</summary>
    public IReadOnlyList<Evidence> Sentences => _sentences ??= Row.PassageKind == PassageKind.Row
        ? [All]
        : [.. Text.Sentences.Split(Row.Text).Select(sentence => new Evidence(ChineseText.Normalize($"{Row.Source}\n{Row.Question}\n{Row.Variants}\n{Row.Text.Substring(sentence.Start, sentence.Length)}").Text, Row.Subject is null))];

    /// <summary>The question of a FAQ entry and the other ways to ask it.</summary>
    public IReadOnlyList<(Question Question, Evidence Evidence)> Questions => _questions ??= Row.Question is null
        ? []
        : [.. $"{Row.Question}\n{Row.Variants}".Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Retrieval.Question.Fold).Select(text => (Question.Parse(text, null), new Evidence(text)))];
}

/// <summary>Text that may cover a question.</summary>
/// <param name="text">Folded.</param>
/// <param name="general">It is about no product in particular, so it need not name the kind of thing that is asked about.</param>
internal sealed class Evidence(string text, bool general = true)
{
    public static Evidence Nothing { get; } = new("");

    public string Text { get; } = text;

    public bool IsGeneral { get; } = general;

    public HashSet<string> Terms { get; } = IndexTerms.Of(text);

    public bool Contains(string word) => Text.Contains(word, StringComparison.Ordinal);
}
