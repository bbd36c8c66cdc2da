using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>
/// Mistral's instruct formats. Tools stand before the last question. In the two older ones so does the system text, and their
/// template leaves it out when the dialogue does not end with the question, that is after a tool's result.
/// </summary>
internal sealed class MistralFormat(ChatFamily family) : ChatFormat
{
    // The first of them writes the space that a SentencePiece tokenizer puts after a special token.
    private readonly string _space = family == ChatFamily.MistralV3 ? " " : "";

    public override ChatFamily Family => family;

    public override ToolSyntax Calls => MistralSyntax.Of(family);

    protected override IReadOnlyList<string> Marks { get; } =
    [
        "<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]",
        "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CONTENT]", "[ARGS]", "[CALL_ID]", "[IMG]", "[THINK]", "[/THINK]",
    ];

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(Dialogue.Alternate(prompt.Turns));
        if (family == ChatFamily.MistralV11 && dialogue.System is not null)
        {
            writer.Template("[SYSTEM_PROMPT]").Data(dialogue.System).Template("[/SYSTEM_PROMPT]");
            writer.EndBlock(required: true);
        }

        return Exchanges(writer, dialogue, (turns, at, last) => WriteTurn(writer, turns, at, last, dialogue.System, prompt.Tools), () => { });
    }

    private void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at, bool last, string? system, IReadOnlyList<ToolDescription> tools)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.Tool:
                WriteResult(writer, turn);
                break;
            case TurnRole.Assistant when turn.Calls.Count > 0:
                WriteCalls(writer, turn);
                break;
            case TurnRole.Assistant:
                writer.Template(_space).Data(family == ChatFamily.MistralV3 ? PythonText.Strip(turn.Text) : turn.Text).Template("</s>");
                break;
            default:
                if (last && tools.Count > 0)
                {
                    WriteTools(writer, tools);
                }

                writer.Template("[INST]" + _space);
                if (family != ChatFamily.MistralV11 && last && at == turns.Count - 1 && system is not null)
                {
                    writer.Data(system).Template("\n\n");
                }

                writer.Data(turn.Text).Template("[/INST]");
                break;
        }
    }

    private void WriteTools(PromptWriter writer, IReadOnlyList<ToolDescription> tools)
    {
        var list = string.Join(", ", tools.Select(tool => family == ChatFamily.MistralV11 ? ToolJson(tool) : Unescaped(tool)));
        writer.Template("[AVAILABLE_TOOLS]" + _space).Data($"[{list}]").Template("[/AVAILABLE_TOOLS]");
    }

    // The older templates put name and description between quotes as they are.
    private static string Unescaped(ToolDescription tool) =>
        $"{{\"type\": \"function\", \"function\": {{\"name\": \"{tool.Name}\", " +
        (tool.Description.Length > 0 ? $"\"description\": \"{tool.Description}\", " : "") +
        $"\"parameters\": {PythonJson.Write(tool.Schema)}}}}}";

    private void WriteCalls(PromptWriter writer, Turn turn)
    {
        if (family == ChatFamily.MistralV11)
        {
            foreach (var call in turn.Calls)
            {
                writer.Template("[TOOL_CALLS]").Data(call.Name).Template("[CALL_ID]").Data(Id(call.Id))
                    .Template("[ARGS]").Data(PythonJson.Write(call.Arguments));
            }

            writer.Template("</s>");
            return;
        }

        var calls = turn.Calls.Select(call => PythonJson.Write(JsonSerializer.SerializeToElement(
            new { name = call.Name, arguments = call.Arguments, id = Id(call.Id) })));
        writer.Template("[TOOL_CALLS]" + _space).Data("[" + string.Join(", ", calls) + "]").Template("</s>");
    }

    private void WriteResult(PromptWriter writer, Turn turn)
    {
        if (family == ChatFamily.MistralV11)
        {
            writer.Template("[TOOL_RESULTS]").Data(Id(turn.CallId)).Template("[TOOL_CONTENT]").Data(turn.Text).Template("[/TOOL_RESULTS]");
            return;
        }

        writer.Template($"[TOOL_RESULTS]{_space}{{\"content\": ").Data(turn.Text)
            .Template(", \"call_id\": \"").Data(Id(turn.CallId)).Template("\"}[/TOOL_RESULTS]");
    }

    // The templates refuse ids that are not nine letters and digits; ours are, other clients' are mapped.
    private static string Id(string id)
    {
        if (id.Length == 9 && id.All(char.IsAsciiLetterOrDigit))
        {
            return id;
        }

        const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        return string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(id)).Take(9).Select(value => Alphabet[value % Alphabet.Length]));
    }
}
