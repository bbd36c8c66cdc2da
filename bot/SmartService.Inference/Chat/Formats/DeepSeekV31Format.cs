using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>DeepSeek V3.1. Its template has no place for tools; they are described in the system text as the model's card says.</summary>
internal sealed class DeepSeekV31Format : ChatFormat
{
    public override ChatFamily Family => ChatFamily.DeepSeekV31;

    public override ToolSyntax Calls => DeepSeekSyntax.V31;

    public override bool Reasons => true;

    protected override IReadOnlyList<string> Marks => DeepSeekText.Marks;

    public override bool OpensThought(ChatPrompt prompt) => prompt.Thinking == true && DeepSeekText.LastRole(prompt) == TurnRole.User;

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = DeepSeekText.GatherSystem(prompt.Turns);
        DeepSeekText.WriteSystem(writer, dialogue.System, prompt.Tools.Select(tool => ToolJson(tool)),
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>tool_call_name<｜tool▁sep｜>tool_call_arguments<｜tool▁call▁end｜><｜tool▁calls▁end｜>");
        writer.EndBlock(required: true);
        return Exchanges(writer, dialogue, (turns, at, _) => WriteTurn(writer, turns, at), () =>
        {
            if (DeepSeekText.LastRole(prompt) == TurnRole.User)
            {
                writer.Template(prompt.Thinking == true ? "<｜Assistant｜><think>" : "<｜Assistant｜></think>");
            }
        });
    }

    private static void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.User:
                writer.Template("<｜User｜>").Data(turn.Text);
                break;
            case TurnRole.Tool:
                writer.Template("<｜tool▁output▁begin｜>").Data(turn.Text).Template("<｜tool▁output▁end｜>");
                break;
            default:
                WriteAssistant(writer, turn, at > 0 ? turns[at - 1].Role : TurnRole.Assistant);
                break;
        }
    }

    private static void WriteAssistant(PromptWriter writer, Turn turn, TurnRole before)
    {
        writer.Template(before == TurnRole.User ? "<｜Assistant｜></think>" : "");
        var thought = turn.Text.IndexOf("</think>", StringComparison.Ordinal);
        writer.Data(turn.Calls.Count > 0 || before == TurnRole.Tool || thought < 0 ? turn.Text : turn.Text[(thought + "</think>".Length)..]);
        for (var number = 0; number < turn.Calls.Count; number++)
        {
            writer.Template((number == 0 ? "<｜tool▁calls▁begin｜>" : "") + "<｜tool▁call▁begin｜>").Data(turn.Calls[number].Name)
                .Template("<｜tool▁sep｜>").Data(PythonJson.Write(turn.Calls[number].Arguments)).Template("<｜tool▁call▁end｜>");
        }

        writer.Template((turn.Calls.Count > 0 ? "<｜tool▁calls▁end｜>" : "") + "<｜end▁of▁sentence｜>");
    }
}
