namespace SmartService.Inference.Chat.Formats;

internal static class DeepSeekText
{
    public static IReadOnlyList<string> Marks { get; } =
    [
        "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>",
        "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>",
        "<｜tool▁outputs▁begin｜>", "<｜tool▁outputs▁end｜>", "<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>",
    ];

    /// <summary>All system texts come first, wherever they stood: the family has no system turn.</summary>
    public static Dialogue GatherSystem(IReadOnlyList<Turn> turns)
    {
        var system = turns.Where(turn => turn.Role == TurnRole.System).Select(turn => turn.Text).ToList();
        var rest = turns.Where(turn => turn.Role != TurnRole.System).ToList();
        return Dialogue.Of(rest) with { System = system.Count == 0 ? null : string.Join("\n\n", system) };
    }

    /// <summary>Who spoke last; null when only system texts are there.</summary>
    public static TurnRole? LastRole(ChatPrompt prompt) => prompt.Turns.LastOrDefault(turn => turn.Role != TurnRole.System)?.Role;

    public static void WriteSystem(PromptWriter writer, string? system, IEnumerable<string> tools, string example)
    {
        writer.Data(system ?? "");
        var any = false;
        foreach (var tool in tools)
        {
            writer.Template(any ? "\n" : (system is null ? "" : "\n\n") + "## Tools\nYou have access to the following tools:\n");
            writer.Data(tool);
            any = true;
        }

        if (any)
        {
            writer.Template("\n\nIMPORTANT: ALWAYS adhere to this exact format for tool use:\n" + example + "\n\nWhere:\n" +
                "- `tool_call_name` must be an exact match to one of the available tools\n" +
                "- `tool_call_arguments` must be valid JSON that strictly follows the tool's Parameters Schema\n");
        }
    }
}
