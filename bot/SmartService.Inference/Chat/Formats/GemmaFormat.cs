using System.Text.Json;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>
/// Gemma 2 and 3. Their templates know neither tools nor, in Gemma 2, a system text: the system text stands before the first
/// question (as Gemma 3's template does it for both) and tools are explained there as Google's guide for Gemma 3 does.
/// </summary>
internal sealed class GemmaFormat(ChatFamily family) : ChatFormat
{
    private const string UserHead = "<start_of_turn>user\n";

    public override ChatFamily Family => family;

    public override ToolSyntax Calls => JsonCallSyntax.Fenced;

    protected override IReadOnlyList<string> Marks { get; } =
        ["<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<start_of_image>", "<end_of_image>", "<image_soft_token>"];

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(Dialogue.Alternate(prompt.Turns));

        // The system text goes with the head of the first user turn and each block ends with the head of the next user turn, so
        // that it stays with whichever exchange is the oldest that fits.
        var startsWithUser = dialogue.Exchanges[0] is [{ Role: TurnRole.User }, ..];
        if (startsWithUser || dialogue.System is not null || prompt.Tools.Count > 0)
        {
            writer.Template(UserHead);
            WriteSystem(writer, dialogue.System, prompt.Tools);
            writer.Template(startsWithUser ? "" : "<end_of_turn>\n");
            writer.EndBlock(required: true);
        }

        for (var number = 0; number < dialogue.Exchanges.Count; number++)
        {
            var (exchange, last) = (dialogue.Exchanges[number], number == dialogue.Exchanges.Count - 1);
            for (var at = 0; at < exchange.Count; at++)
            {
                WriteTurn(writer, exchange, at);
            }

            writer.Template(last ? "<start_of_turn>model\n" : UserHead);
            writer.EndBlock(required: last);
        }

        return writer.Finish();
    }

    private static void WriteSystem(PromptWriter writer, string? system, IReadOnlyList<ToolDescription> tools)
    {
        if (system is not null)
        {
            writer.Data(system).Template("\n\n");
        }

        if (tools.Count > 0)
        {
            writer.Template("You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format of\n" +
                "{\"name\": function name, \"parameters\": dictionary of argument name and its value}\n\n" +
                "You SHOULD NOT include any other text in the response if you call a function\n")
                .Data(PythonJson.Write(JsonSerializer.SerializeToElement(tools.Select(Function)))).Template("\n\n");
        }
    }

    private static void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.User:
                // Its head was written by the block before.
                writer.Data(PythonText.Strip(turn.Text)).Template("<end_of_turn>\n");
                break;
            case TurnRole.Tool:
                writer.Template(at > 0 && turns[at - 1].Role == TurnRole.Tool ? "\n" : UserHead);
                writer.Template("```tool_output\n").Data(turn.Text).Template("\n```");
                writer.Template(at + 1 < turns.Count && turns[at + 1].Role == TurnRole.Tool ? "" : "<end_of_turn>\n");
                break;
            default:
                writer.Template("<start_of_turn>model\n");
                WriteCalls(writer, turn);
                writer.Template("<end_of_turn>\n");
                break;
        }
    }

    private static void WriteCalls(PromptWriter writer, Turn turn)
    {
        if (turn.Calls.Count == 0)
        {
            writer.Data(PythonText.Strip(turn.Text));
        }

        for (var number = 0; number < turn.Calls.Count; number++)
        {
            writer.Template((number > 0 ? "\n" : "") + "{\"name\": \"").Data(turn.Calls[number].Name)
                .Template("\", \"parameters\": ").Data(PythonJson.Write(turn.Calls[number].Arguments)).Template("}");
        }
    }
}
