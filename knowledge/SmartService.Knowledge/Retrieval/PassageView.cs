using SmartService.Knowledge.Store;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>A passage prepared for scoring; kept as long as the catalogue that it belongs to.</summary>
internal sealed class PassageView
{
    private Question[]? _questions;

    public PassageView(PassageRow row)
    {
        Row = row;
        All = new Evidence(ChineseText.Normalize($"{row.Source}\n{row.Question}\n{row.Variants}\n{row.Text}").Text);
        Answer = ChineseText.Normalize(row.Text).Text;
        Title = new Evidence(ChineseText.Normalize($"{row.Source}\n{row.Question}").Text);
    }

    public PassageRow Row { get; }

    public Evidence All { get; }

    public Evidence Title { get; }

    public string Answer { get; }

    /// <summary>The question of a FAQ entry and the other ways to ask it.</summary>
    public IReadOnlyList<Question> Questions => _questions ??= Row.Question is null
        ? []
        : [.. $"{Row.Question}\n{Row.Variants}".Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => Question.Parse(ChineseText.Normalize(text).Text, null))];
}

/// <summary>Text that may cover a question.</summary>
internal sealed class Evidence(string text)
{
    public string Text { get; } = text;

    public HashSet<string> Terms { get; } = IndexTerms.Of(text);

    public bool Contains(string word) => Text.Contains(word, StringComparison.Ordinal);
}
