using System.Text;
using System.Text.Json;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>Qwen3-Coder: ChatML; tools, calls and their arguments as XML-like text.</summary>
internal sealed class Qwen3CoderFormat : ChatFormat
{
    public override ChatFamily Family => ChatFamily.Qwen3Coder;

    public override ToolSyntax Calls => QwenXmlSyntax.Instance;

    protected override IReadOnlyList<string> Marks => QwenXml.Marks;

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(prompt.Turns);
        if (dialogue.System is not null || prompt.Tools.Count > 0)
        {
            writer.Template("<|im_start|>system\n")
                .Data(dialogue.System ?? "You are Qwen, a helpful AI assistant that can interact with a computer to solve tasks.");
            if (prompt.Tools.Count > 0)
            {
                writer.Template("\n\nYou have access to the following functions:\n\n<tools>").Data(string.Concat(prompt.Tools.Select(Describe)))
                    .Template("\n</tools>\n\n" + QwenXml.Instructions);
            }

            writer.Template("<|im_end|>\n").EndBlock(required: true);
        }

        return Exchanges(writer, dialogue, (turns, at, _) => WriteTurn(writer, turns, at), () => writer.Template("<|im_start|>assistant\n"));
    }

    private static void WriteTurn(PromptWriter writer, IReadOnlyList<Turn> turns, int at)
    {
        var turn = turns[at];
        switch (turn.Role)
        {
            case TurnRole.Tool:
                writer.Template(at > 0 && turns[at - 1].Role == TurnRole.Tool ? "" : "<|im_start|>user\n");
                writer.Template("<tool_response>\n").Data(turn.Text).Template("\n</tool_response>\n");
                writer.Template(at + 1 < turns.Count && turns[at + 1].Role == TurnRole.Tool ? "" : "<|im_end|>\n");
                break;
            case TurnRole.Assistant when turn.Calls.Count > 0:
                writer.Template("<|im_start|>assistant");
                if (PythonText.Strip(turn.Text) is { Length: > 0 } text)
                {
                    writer.Template("\n").Data(text).Template("\n");
                }

                foreach (var call in turn.Calls)
                {
                    writer.Template("\n");
                    QwenXml.WriteCall(writer, call, listsAsJson: false);
                }

                writer.Template("<|im_end|>\n");
                break;
            default:
                writer.Template($"<|im_start|>{QwenXml.RoleName(turn.Role)}\n").Data(turn.Text).Template("<|im_end|>\n");
                break;
        }
    }

    private static string Describe(ToolDescription tool)
    {
        var text = new StringBuilder("\n<function>\n<name>").Append(tool.Name).Append("</name>");
        if (tool.Description.Length > 0)
        {
            text.Append("\n<description>").Append(PythonText.Strip(tool.Description)).Append("</description>");
        }

        text.Append("\n<parameters>");
        if (tool.Schema.ValueKind == JsonValueKind.Object && tool.Schema.TryGetProperty("properties", out var properties) &&
            properties.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in properties.EnumerateObject())
            {
                Parameter(text, property);
            }
        }

        Extra(text, tool.Schema, "type", "properties");
        return text.Append("\n</parameters>\n</function>").ToString();
    }

    private static void Parameter(StringBuilder text, JsonProperty parameter)
    {
        text.Append("\n<parameter>\n<name>").Append(parameter.Name).Append("</name>");
        if (parameter.Value.ValueKind == JsonValueKind.Object)
        {
            if (parameter.Value.TryGetProperty("type", out var type))
            {
                text.Append("\n<type>").Append(PythonRepr.Str(type)).Append("</type>");
            }

            if (parameter.Value.TryGetProperty("description", out var description))
            {
                text.Append("\n<description>").Append(PythonText.Strip(PythonRepr.Str(description))).Append("</description>");
            }
        }

        Extra(text, parameter.Value, "name", "type", "description");
        text.Append("\n</parameter>");
    }

    private static void Extra(StringBuilder text, JsonElement schema, params ReadOnlySpan<string> handled)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var property in schema.EnumerateObject())
        {
            if (!handled.Contains(property.Name))
            {
                var value = property.Value.ValueKind == JsonValueKind.Object ? PythonJson.Write(property.Value) : PythonRepr.Str(property.Value);
                text.Append("\n<").Append(property.Name).Append('>').Append(value).Append("</").Append(property.Name).Append('>');
            }
        }
    }
}
