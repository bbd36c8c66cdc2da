using System.Buffers;
using System.Text.Json;
using SmartService.Inference.Chat.Formats;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat;

/// <summary>
/// One family's way to write a dialogue and to read an answer. Written for segments instead of running the model's Jinja: customer
/// text must reach the tokenizer apart from the template's. The tests compare each with its template byte by byte. Stateless.
/// </summary>
internal abstract class ChatFormat
{
    private SearchValues<string>? _marks;

    public abstract ChatFamily Family { get; }

    /// <summary>How the family writes tool calls.</summary>
    public abstract ToolSyntax Calls { get; }

    /// <summary>Whether models of the family think, in <c>&lt;think&gt;</c> blocks that may come anywhere in a turn.</summary>
    public virtual bool Reasons => false;

    /// <summary>
    /// Texts with a token of their own: data is cut inside them, see <see cref="PromptWriter"/>. Those of roles too: they should be control
    /// tokens, which are not found in data anyway, but converters have written files in which they are user-defined ones, which are.
    /// </summary>
    protected abstract IReadOnlyList<string> Marks { get; }

    public static ChatFormat Of(ChatFamily family) => family switch
    {
        ChatFamily.ChatML or ChatFamily.Qwen25 or ChatFamily.Qwen3 or ChatFamily.Qwen3Thinking => new ChatMLFormat(family),
        ChatFamily.Qwen3Coder => new Qwen3CoderFormat(),
        ChatFamily.Qwen35 => new Qwen35Format(),
        ChatFamily.Llama3 or ChatFamily.Llama31 or ChatFamily.Llama32 => new LlamaFormat(family),
        ChatFamily.Gemma2 or ChatFamily.Gemma3 => new GemmaFormat(family),
        ChatFamily.MistralV3 or ChatFamily.MistralTekken or ChatFamily.MistralV11 => new MistralFormat(family),
        ChatFamily.DeepSeekR1 => new DeepSeekR1Format(),
        ChatFamily.DeepSeekV31 => new DeepSeekV31Format(),
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "Not a chat family."),
    };

    /// <summary>The prompt up to where the model speaks. Never the begin-of-sequence token, which the host adds.</summary>
    public abstract IReadOnlyList<PromptBlock> Render(ChatPrompt prompt);

    /// <summary>Whether the prompt ends inside a thought, so that the output begins with one.</summary>
    public virtual bool OpensThought(ChatPrompt prompt) => false;

    protected PromptWriter NewWriter() => new(_marks ??= SearchValues.Create([.. Marks], StringComparison.Ordinal));

    /// <summary>Writes the exchanges, each a block that may be left out, except the last, which also gets <paramref name="end"/>.</summary>
    protected static IReadOnlyList<PromptBlock> Exchanges(
        PromptWriter writer, Dialogue dialogue, Action<IReadOnlyList<Turn>, int, bool> writeTurn, Action end)
    {
        for (var number = 0; number < dialogue.Exchanges.Count; number++)
        {
            var (exchange, last) = (dialogue.Exchanges[number], number == dialogue.Exchanges.Count - 1);
            for (var at = 0; at < exchange.Count; at++)
            {
                writeTurn(exchange, at, last);
            }

            if (last)
            {
                end();
            }

            writer.EndBlock(required: last);
        }

        return writer.Finish();
    }

    /// <summary>A tool as the templates get it: the wrapping of OpenAI's chat API.</summary>
    protected static string ToolJson(ToolDescription tool, int? indent = null) => PythonJson.Write(
        JsonSerializer.SerializeToElement(new { type = "function", function = Function(tool) }), indent);

    /// <summary>The tool without its wrapping.</summary>
    protected static Dictionary<string, object> Function(ToolDescription tool)
    {
        var function = new Dictionary<string, object>(StringComparer.Ordinal) { ["name"] = tool.Name };
        if (tool.Description.Length > 0)
        {
            function["description"] = tool.Description;
        }

        function["parameters"] = tool.Schema;
        return function;
    }
}
