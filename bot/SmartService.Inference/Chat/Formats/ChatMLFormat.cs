using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>ChatML with the tool section of Hermes, Qwen 2.5 and Qwen 3.</summary>
internal sealed class ChatMLFormat(ChatFamily family) : ChatFormat
{
    private const string ToolsHead =
        "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n" +
        "You are provided with function signatures within <tools></tools> XML tags:\n<tools>";

    private const string ToolsTail =
        "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n" +
        "<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";

    public override ChatFamily Family => family;

    public override ToolSyntax Calls => HermesSyntax.Instance;

    public override bool Reasons => family is ChatFamily.Qwen3 or ChatFamily.Qwen3Thinking;

    protected override IReadOnlyList<string> Marks => QwenXml.Marks;

    public override bool OpensThought(ChatPrompt prompt) => family == ChatFamily.Qwen3Thinking && prompt.Thinking != false;

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(prompt.Turns);
        WriteSystem(writer, dialogue.System, prompt.Tools);
        writer.EndBlock(required: true);
        return Exchanges(writer, dialogue, (turns, at, last) => WriteTurn(writer, turns, at, last), () =>
        {
            writer.Template("<|im_start|>assistant\n" + (OpensThought(prompt) ? "<think>\n" : Reasons && prompt.Thinking != true ? "<think>\n\n</think>\n\n" : ""));
        });
    }

    private void WriteSystem(PromptWriter writer, string? system, IReadOnlyList<ToolDescription> tools)
    {
        var text = system ?? (family == ChatFamily.Qwen25 ? "You are Qwen, created by Alibaba Cloud. You are a helpful assistant." : null);
        if (text is null && tools.Count == 0)
        {
            return;
        }

        writer.Template("<|im_start|>system\n").Data(text ?? "");
        if (tools.Count > 0)
        {
            writer.Template((text is null ? "" : "\n\n") + ToolsHead);
            foreach (var tool in tools)
            {
                writer.Template("\n").Data(ToolJson(tool));
            }

            writer.Template(ToolsTail);
        }

        writer.Template("<|im_end|>\n");
    }

    private void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at, bool lastExchange)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.Assistant when Reasons:
                WriteReasoned(writer, turn, showThought: lastExchange && at > LastUser(turns), lastTurn: lastExchange && at == turns.Count - 1);
                break;
            case TurnRole.Assistant:
                WriteAnswer(writer, turn);
                break;
            case TurnRole.Tool:
                writer.Template(at > 0 && turns[at - 1].Role == TurnRole.Tool ? "" : "<|im_start|>user");
                writer.Template("\n<tool_response>\n").Data(turn.Text).Template("\n</tool_response>");
                writer.Template(at + 1 < turns.Count && turns[at + 1].Role == TurnRole.Tool ? "" : "<|im_end|>\n");
                break;
            default:
                writer.Template(turn.Role == TurnRole.User ? "<|im_start|>user\n" : "<|im_start|>system\n").Data(turn.Text).Template("<|im_end|>\n");
                break;
        }
    }

    private static void WriteAnswer(PromptWriter writer, Turn turn)
    {
        writer.Template("<|im_start|>assistant");
        if (turn.Calls.Count == 0 || turn.Text.Length > 0)
        {
            writer.Template("\n").Data(turn.Text);
        }

        foreach (var call in turn.Calls)
        {
            writer.Template("\n");
            WriteCall(writer, call);
        }

        writer.Template("<|im_end|>\n");
    }

    private static void WriteReasoned(PromptWriter writer, Turn turn, bool showThought, bool lastTurn)
    {
        var (text, thought) = Thoughts.Split(turn);
        writer.Template("<|im_start|>assistant\n");
        if (showThought && (lastTurn || thought.Length > 0))
        {
            writer.Template("<think>\n").Data(thought.Trim('\n')).Template("\n</think>\n\n").Data(text.TrimStart('\n'));
        }
        else
        {
            writer.Data(text);
        }

        for (var number = 0; number < turn.Calls.Count; number++)
        {
            writer.Template(number > 0 || text.Length > 0 ? "\n" : "");
            WriteCall(writer, turn.Calls[number]);
        }

        writer.Template("<|im_end|>\n");
    }

    private static void WriteCall(PromptWriter writer, TurnCall call) => writer
        .Template("<tool_call>\n{\"name\": \"").Data(call.Name)
        .Template("\", \"arguments\": ").Data(PythonJson.Write(call.Arguments))
        .Template("}\n</tool_call>");

    private static int LastUser(IReadOnlyList<Turn> turns)
    {
        var at = turns.Count - 1;
        while (at >= 0 && turns[at].Role != TurnRole.User)
        {
            at--;
        }

        return at < 0 ? turns.Count : at;
    }
}
