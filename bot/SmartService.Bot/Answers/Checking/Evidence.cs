using System.Text.RegularExpressions;
using SmartService.Knowledge;
using SmartService.Turns;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Something that an answer may rest on: a passage, a fact, the result of a tool.</summary>
internal sealed partial class Evidence(string id, string source, string text)
{
    public string Id { get; } = id;

    public string Source { get; } = source;

    /// <summary>The text without sentences that give orders to the model: those support nothing.</summary>
    public string Text { get; } = string.Concat(Sentences.Cut(text).Where(sentence => !IsOrder(sentence)));

    public IReadOnlyList<Claim> Claims => field ??= Checking.Claims.Of(Text);

    public IReadOnlySet<string> Content => field ??= Polarity.Content(Text);

    public static IReadOnlyList<Evidence> Of(Grounding grounding) =>
    [
        .. grounding.Facts.Select(fact => new Evidence(fact.Id, fact.Source, $"{fact.Subject} {fact.Relation} {fact.Value}")),
        .. grounding.Faq is { } faq ? [new Evidence(faq.Id, faq.Source, $"{faq.Question}\n{faq.Text}")] : Array.Empty<Evidence>(),
        .. grounding.Passages.Where(passage => passage.Id != grounding.Faq?.Id).Select(passage => new Evidence(passage.Id, passage.Source, $"{passage.Question}\n{passage.Text}")),
    ];

    /// <summary>Whether a sentence of a document talks to a language model instead of to readers.</summary>
    public static bool IsOrder(string sentence) => Order().IsMatch(sentence);

    /// <summary>The citation for a sentence: the source's own sentence that is closest to it.</summary>
    public Citation Cite(string sentence)
    {
        var content = Polarity.Content(sentence);
        var quote = Sentences.Cut(Text).MaxBy(candidate => Polarity.Content(candidate).Count(content.Contains)) ?? Text;
        return new Citation(Id, Source, quote);
    }

    [GeneratedRegex("(忽略|无视|忘记|忘掉)[^。]{0,14}(指令|规则|要求|提示|设定|限制)|你(现在|必须|只能)?(是|扮演)[^。]{0,12}(模型|助手|ai)|系统提示|system prompt|ignore (all|any|the|previous)|disregard", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Order();
}
