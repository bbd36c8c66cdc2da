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
    private const int HistoryEntries = 6;
    private const int HistoryLength = 300;
    private const int PassageLength = 1200;
    private static readonly FluidParser Parser = new();
    private static readonly IFluidTemplate System = Parser.Parse(TextFile.Read("Prompts.answer.liquid"));
    private static readonly IFluidTemplate Asked = Parser.Parse(TextFile.Read("Prompts.question.liquid"));

    public static IReadOnlyList<ChatMessage> Build(TurnContext turn, string question, IReadOnlyList<Evidence> evidence, AnswerOptions options, bool tools)
    {
        var system = new TemplateContext();
        system.SetValue("shop", options.Shop.Length > 0 ? options.Shop : "本店");
        system.SetValue("today", turn.Now.ToString("yyyy年M月d日", CultureInfo.InvariantCulture));
        system.SetValue("tools", tools);

        var data = new TemplateContext();
        data.SetValue("passages", evidence.Select((one, at) => new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["id"] = (at + 1).ToString(CultureInfo.InvariantCulture),
            ["source"] = Data(one.Source),
            ["text"] = Data(PlainText.Cut(one.Text, PassageLength)),
        }).ToList());
        data.SetValue("topic", turn.State.Topic is { } topic ? Data(topic) : null);
        data.SetValue("question", Data(question));

        return
        [
            new ChatMessage(ChatRole.System, System.Render(system).Trim()),
            .. turn.History.TakeLast(HistoryEntries).Select(entry => new ChatMessage(
                entry.Role == HistoryRole.Customer ? ChatRole.User : ChatRole.Assistant, Data(PlainText.Cut(entry.Text, HistoryLength)))),
            new ChatMessage(ChatRole.User, Asked.Render(data).Trim()),
        ];
    }

    private static string Data(string text) => text.Replace('<', '＜').Replace('>', '＞').Replace('"', '＂');
}
