using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>Qwen 3.5: ChatML with thoughts; calls as Qwen3-Coder writes them, tools as JSON before the system text.</summary>
internal sealed class Qwen35Format : ChatFormat
{
    public override ChatFamily Family => ChatFamily.Qwen35;

    public override ToolSyntax Calls => QwenXmlSyntax.Instance;

    public override bool Reasons => true;

    protected override IReadOnlyList<string> Marks => QwenXml.Marks;

    public override bool OpensThought(ChatPrompt prompt) => prompt.Thinking == true;

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(prompt.Turns);
        WriteSystem(writer, dialogue.System is null ? null : PythonText.Strip(dialogue.System), prompt.Tools);
        writer.EndBlock(required: true);
        return Exchanges(writer, dialogue, (turns, at, last) => WriteTurn(writer, turns, at, last), () =>
            writer.Template("<|im_start|>assistant\n" + (prompt.Thinking == true ? "<think>\n" : "<think>\n\n</think>\n\n")));
    }

    private static void WriteSystem(PromptWriter writer, string? system, IReadOnlyList<ToolDescription> tools)
    {
        if (tools.Count > 0)
        {
            writer.Template("<|im_start|>system\n# Tools\n\nYou have access to the following functions:\n\n<tools>");
            foreach (var tool in tools)
            {
                writer.Template("\n").Data(ToolJson(tool));
            }

            writer.Template("\n</tools>\n\n" + QwenXml.Instructions + (system is { Length: > 0 } ? "\n\n" : "")).Data(system ?? "").Template("<|im_end|>\n");
        }
        else if (system is not null)
        {
            writer.Template("<|im_start|>system\n").Data(system).Template("<|im_end|>\n");
        }
    }

    private static void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at, bool lastExchange)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.Tool:
                writer.Template(at > 0 && turns[at - 1].Role == TurnRole.Tool ? "" : "<|im_start|>user");
                writer.Template("\n<tool_response>\n").Data(PythonText.Strip(turn.Text)).Template("\n</tool_response>");
                writer.Template(at + 1 < turns.Count && turns[at + 1].Role == TurnRole.Tool ? "" : "<|im_end|>\n");
                break;
            case TurnRole.Assistant:
                WriteAssistant(writer, turn, lastExchange);
                break;
            default:
                writer.Template($"<|im_start|>{QwenXml.RoleName(turn.Role)}\n").Data(PythonText.Strip(turn.Text)).Template("<|im_end|>\n");
                break;
        }
    }

    // An assistant's turn of the last exchange stands after the last question, since a question starts an exchange.
    private static void WriteAssistant(PromptWriter writer, Turn turn, bool afterLastQuestion)
    {
        var (text, thought) = Thoughts.Split(turn with { Text = PythonText.Strip(turn.Text) });
        writer.Template("<|im_start|>assistant\n");
        if (afterLastQuestion)
        {
            writer.Template("<think>\n").Data(PythonText.Strip(thought)).Template("\n</think>\n\n");
        }

        writer.Data(text);
        for (var number = 0; number < turn.Calls.Count; number++)
        {
            writer.Template(number > 0 ? "\n" : PythonText.Strip(text).Length > 0 ? "\n\n" : "");
            QwenXml.WriteCall(writer, turn.Calls[number], listsAsJson: true);
        }

        writer.Template("<|im_end|>\n");
    }
}
