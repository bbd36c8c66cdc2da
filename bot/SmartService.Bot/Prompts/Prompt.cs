using System.Globalization;
using Fluid;
using Microsoft.Extensions.AI;
using SmartService.Bot.Answers;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Texts;
using SmartService.Turns;

namespace SmartService.Bot.Prompts;

/// <summary>
/// Builds the messages for the model: instructions and data come from two template files and never share a message.
/// What customers and documents wrote is data; its angle brackets are widened so that it cannot close its own frame.
/// </summary>
internal static class Prompt
{
    /// <summary>What every question begins with behind the rules.</summary>
    public const string Opening = "今天是";

    private const int PassageLength = 1200;
    private static readonly FluidParser Parser = new();
    private static readonly IFluidTemplate System = Parser.Parse(TextFile.Read("Prompts.answer.liquid"));
    private static readonly IFluidTemplate Asked = Parser.Parse(TextFile.Read("Prompts.question.liquid"));
    private static readonly IFluidTemplate AskedShortly = Parser.Parse(TextFile.Read("Prompts.question.short.liquid"));

    /// <summary>
    /// The rules. Equal for every turn of every conversation, to the byte, so that a model host computes them once; what changes
    /// (date, passages, history) comes behind.
    /// </summary>
    public static ChatMessage Rules(AnswerOptions options, bool tools)
    {
        var system = new TemplateContext();
        system.SetValue("shop", options.Shop.Length > 0 ? options.Shop : "本店");
        system.SetValue("tools", tools);
        return new ChatMessage(ChatRole.System, System.Render(system).Trim());
    }

    public static IReadOnlyList<ChatMessage> Build(WritingTask task, AnswerOptions options, PromptSize size, bool tools)
    {
        var turn = task.Turn;
        var history = turn.History.TakeLast(size.HistoryEntries)
            .Select(entry => (IsCustomer: entry.Role == HistoryRole.Customer, Text: Data(PlainText.Cut(entry.Text, size.HistoryLength)))).ToList();

        var data = new TemplateContext();
        data.SetValue("passages", task.Evidence.Select((one, at) => new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["id"] = (at + 1).ToString(CultureInfo.InvariantCulture),
            ["source"] = Data(one.Source),
            ["text"] = Data(PlainText.Cut(one.Text, PassageLength)),
        }).ToList());
        data.SetValue("today", turn.Now.ToString("yyyy年M月d日", CultureInfo.InvariantCulture));
        data.SetValue("topic", turn.State.Topic is { } topic ? Data(topic) : null);
        // On one line among the lines of the tight prompt, so that none of the customer's looks like 「客服：…」.
        data.SetValue("question", Data(size.IsTight ? task.Question.ReplaceLineEndings(" ") : task.Question));
        if (size.IsTight)
        {
            // Behind the passages: customers who ask the same then share them with the rules, whatever they said before.
            data.SetValue("history", history.Select(entry => new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["who"] = entry.IsCustomer ? "顾客" : "客服",
                ["text"] = entry.Text.ReplaceLineEndings(" "),
            }).ToList());
            return [Rules(options, tools), new ChatMessage(ChatRole.User, AskedShortly.Render(data).Trim())];
        }

        return
        [
            Rules(options, tools),
            .. history.Select(entry => new ChatMessage(entry.IsCustomer ? ChatRole.User : ChatRole.Assistant, entry.Text)),
            new ChatMessage(ChatRole.User, Asked.Render(data).Trim()),
        ];
    }

    private static string Data(string text) => text.Replace('<', '＜').Replace('>', '＞').Replace('"', '＂');
}
