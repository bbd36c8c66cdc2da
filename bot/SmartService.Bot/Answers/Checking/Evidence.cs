using System.Text.RegularExpressions;
using SmartService.Knowledge;
using SmartService.Turns;

namespace SmartService.Bot.Answers.Checking;

/// <summary>Something that an answer may rest on: a passage, a fact, the result of a tool.</summary>
internal sealed partial class Evidence(string id, string source, string text, string quote = "")
{
    public string Id { get; } = id;

    public string Source { get; } = source;

    /// <summary>The text without sentences that give orders to the model: those support nothing.</summary>
    public string Text { get; } = string.Concat(Sentences.Cut(text).Where(sentence => !IsOrder(sentence)));

    /// <summary>The sentences that the retriever would quote; may be empty.</summary>
    public string Quote { get; } = quote;

    public IReadOnlyList<Claim> Claims => field ??= Checking.Claims.Of(Text);

    public IReadOnlySet<string> Content => field ??= Polarity.Content(Text);

    public static IReadOnlyList<Evidence> Of(Grounding grounding) =>
    [
        .. grounding.Facts.Select(fact => new Evidence(fact.Id, fact.Source, $"{fact.Subject} {fact.Relation} {fact.Value}")),
        .. grounding.Faq is { } faq ? [new Evidence(faq.Id, faq.Source, $"{faq.Question}\n{faq.Text}")] : Array.Empty<Evidence>(),
        .. grounding.Passages.Where(passage => passage.Id != grounding.Faq?.Id).Select(passage => new Evidence(passage.Id, passage.Source, $"{passage.Question}\n{passage.Text}", passage.Quote)),
    ];

    /// <summary>Whether a sentence of a document talks to a language model instead of to readers.</summary>
    public static bool IsOrder(string sentence) => Order().IsMatch(sentence);

    /// <summary>The same source with a part of its text.</summary>
    public Evidence Only(string text) => text == Text ? this : new Evidence(Id, Source, text, Quote);

    /// <summary>The same source without its questions: that a FAQ asks whether something is so does not make it so.</summary>
    public Evidence WithoutQuestions() => Only(string.Concat(Completeness.WithoutQuestions(Sentences.Cut(Text))));

    /// <summary>The citations for a sentence: the source's own sentence that is closest to it, and those that hold its other numbers.</summary>
    public IEnumerable<Citation> Cite(string sentence)
    {
        var content = Polarity.Content(sentence);
        var own = Sentences.Cut(Text).OrderByDescending(candidate => Polarity.Content(candidate).Count(content.Contains)).ToList();
        var closest = own.Count == 0 ? Text : own[0];
        yield return new Citation(Id, Source, closest);
        var open = Checking.Claims.Of(sentence).Where(claim => !claim.IsIn(Checking.Claims.Of(closest))).ToList();
        foreach (var candidate in own.Skip(1).Where(_ => open.Count > 0))
        {
            var held = Checking.Claims.Of(candidate);
            if (open.RemoveAll(claim => claim.IsIn(held)) > 0)
            {
                yield return new Citation(Id, Source, candidate);
            }
        }
    }

    [GeneratedRegex("(忽略|无视|忘记|忘掉)[^。]{0,14}(指令|规则|要求|提示|设定|限制)|你(现在|必须|只能)?(是|扮演)[^。]{0,12}(模型|助手|ai)|系统提示|system prompt|ignore (all|any|the|previous)|disregard", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Order();
}
