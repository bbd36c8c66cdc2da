using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>
/// DeepSeek R1 and its distilled models. The template has no place for tools, so they are described in the system text. Where it is
/// plainly broken (a second round of tool calls or results lacks its opening mark) we write the mark.
/// </summary>
internal sealed class DeepSeekR1Format : ChatFormat
{
    public override ChatFamily Family => ChatFamily.DeepSeekR1;

    public override ToolSyntax Calls => DeepSeekSyntax.R1;

    public override bool Reasons => true;

    protected override IReadOnlyList<string> Marks => DeepSeekText.Marks;

    public override bool OpensThought(ChatPrompt prompt) => prompt.Thinking != false && DeepSeekText.LastRole(prompt) != TurnRole.Tool;

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = DeepSeekText.GatherSystem(prompt.Turns);
        DeepSeekText.WriteSystem(writer, dialogue.System, prompt.Tools.Select(tool => ToolJson(tool)),
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>tool_call_name\n```json\ntool_call_arguments\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
        writer.EndBlock(required: true);
        return Exchanges(writer, dialogue, (turns, at, _) => WriteTurn(writer, turns, at), () =>
        {
            if (DeepSeekText.LastRole(prompt) != TurnRole.Tool)
            {
                writer.Template("<｜Assistant｜><think>\n" + (prompt.Thinking == false ? "\n</think>\n\n" : ""));
            }
        });
    }

    private static void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at)
    {
        var turn = turns[at];
        var afterTool = at > 0 && turns[at - 1].Role == TurnRole.Tool;
        switch (turn.Role)
        {
            case TurnRole.User:
                writer.Template("<｜User｜>").Data(turn.Text);
                break;
            case TurnRole.Tool:
                writer.Template(afterTool ? "\n<｜tool▁output▁begin｜>" : "<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>")
                    .Data(turn.Text).Template("<｜tool▁output▁end｜>");
                writer.Template(at + 1 == turns.Count || turns[at + 1].Role != TurnRole.Tool ? "<｜tool▁outputs▁end｜>" : "");
                break;
            default:
                WriteAssistant(writer, turn, afterTool);
                break;
        }
    }

    private static void WriteAssistant(PromptWriter writer, Turn turn, bool afterTool)
    {
        writer.Template(afterTool ? "" : "<｜Assistant｜>");
        writer.Data(afterTool ? turn.Text : Thoughts.After(turn.Text, "</think>"));
        for (var number = 0; number < turn.Calls.Count; number++)
        {
            writer.Template((number == 0 ? "<｜tool▁calls▁begin｜>" : "\n") + "<｜tool▁call▁begin｜>function<｜tool▁sep｜>").Data(turn.Calls[number].Name)
                .Template("\n```json\n").Data(PythonJson.Write(turn.Calls[number].Arguments)).Template("\n```<｜tool▁call▁end｜>");
        }

        writer.Template((turn.Calls.Count > 0 ? "<｜tool▁calls▁end｜>" : "") + "<｜end▁of▁sentence｜>");
    }
}
