using System.Globalization;
using SmartService.Inference.Chat.Output;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Chat.Formats;

/// <summary>
/// Llama 3. From 3.1 on, tools stand before the first question and the answer is one JSON call; the template refuses several calls
/// in one turn, so they are written as turns of their own, each followed by its result.
/// </summary>
internal sealed class LlamaFormat(ChatFamily family) : ChatFormat
{
    private const string UserHead = "<|start_header_id|>user<|end_header_id|>\n\n";

    public override ChatFamily Family => family;

    public override ToolSyntax Calls => JsonCallSyntax.Llama;

    protected override IReadOnlyList<string> Marks { get; } =
    [
        "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>", "<|python_tag|>",
    ];

    public override IReadOnlyList<PromptBlock> Render(ChatPrompt prompt)
    {
        var writer = NewWriter();
        var dialogue = Dialogue.Of(OneCallPerTurn(prompt.Turns));
        WriteSystem(writer, dialogue.System, prompt);

        // The tools stand in the first user turn. That turn's head goes with them and each block ends with the head of the next
        // user turn, so that the tools stay with whichever exchange is the oldest that fits.
        var shifted = prompt.Tools.Count > 0;
        if (shifted)
        {
            writer.Template(UserHead + "Given the following functions, please respond with a JSON for a function call " +
                "with its proper arguments that best answers the given prompt.\n\n" +
                "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}.Do not use variables.\n\n");
            foreach (var tool in prompt.Tools)
            {
                writer.Data(ToolJson(tool, indent: 4)).Template("\n\n");
            }
        }

        writer.EndBlock(required: true);
        for (var number = 0; number < dialogue.Exchanges.Count; number++)
        {
            var (exchange, last) = (dialogue.Exchanges[number], number == dialogue.Exchanges.Count - 1);
            for (var at = 0; at < exchange.Count; at++)
            {
                WriteTurn(writer, exchange[at], headWritten: shifted && at == 0 && exchange[at].Role == TurnRole.User);
            }

            writer.Template(last ? "<|start_header_id|>assistant<|end_header_id|>\n\n"
                : shifted && dialogue.Exchanges[number + 1][0].Role == TurnRole.User ? UserHead : "");
            writer.EndBlock(required: last);
        }

        return writer.Finish();
    }

    private void WriteSystem(PromptWriter writer, string? system, ChatPrompt prompt)
    {
        if (family == ChatFamily.Llama3)
        {
            if (system is not null)
            {
                writer.Template("<|start_header_id|>system<|end_header_id|>\n\n").Data(PythonText.Strip(system)).Template("<|eot_id|>");
            }

            return;
        }

        var today = family == ChatFamily.Llama32 ? prompt.Today.ToString("dd MMM yyyy", CultureInfo.InvariantCulture) : "26 Jul 2024";
        writer.Template("<|start_header_id|>system<|end_header_id|>\n\n" + (prompt.Tools.Count > 0 ? "Environment: ipython\n" : "") +
            $"Cutting Knowledge Date: December 2023\nToday Date: {today}\n\n").Data(PythonText.Strip(system ?? "")).Template("<|eot_id|>");
    }

    private static void WriteTurn(PromptWriter writer, Turn turn, bool headWritten)
    {
        if (turn.Role == TurnRole.Tool)
        {
            writer.Template("<|start_header_id|>ipython<|end_header_id|>\n\n")
                .Data(turn.Result is { } result ? PythonJson.Write(result) : PythonJson.Quote(turn.Text)).Template("<|eot_id|>");
            return;
        }

        writer.Template(headWritten ? "" : turn.Role switch
        {
            TurnRole.User => UserHead,
            TurnRole.System => "<|start_header_id|>system<|end_header_id|>\n\n",
            _ => "<|start_header_id|>assistant<|end_header_id|>\n\n",
        });
        if (turn.Calls is [{ } call, ..])
        {
            writer.Template("{\"name\": \"").Data(call.Name).Template("\", \"parameters\": ").Data(PythonJson.Write(call.Arguments)).Template("}");
        }
        else
        {
            writer.Data(PythonText.Strip(turn.Text));
        }

        writer.Template("<|eot_id|>");
    }

    private static List<Turn> OneCallPerTurn(IReadOnlyList<Turn> turns)
    {
        var result = new List<Turn>();
        for (var at = 0; at < turns.Count; at++)
        {
            if (turns[at].Calls.Count < 2)
            {
                result.Add(turns[at]);
                continue;
            }

            var end = at + 1;
            while (end < turns.Count && turns[end].Role == TurnRole.Tool)
            {
                end++;
            }

            var results = turns.Skip(at + 1).Take(end - at - 1).ToList();
            foreach (var call in turns[at].Calls)
            {
                result.Add(turns[at] with { Calls = [call] });
                result.AddRange(results.Where(turn => turn.CallId == call.Id));
            }

            result.AddRange(results.Where(turn => !turns[at].Calls.Any(call => call.Id == turn.CallId)));
            at = end - 1;
        }

        return result;
    }
}
