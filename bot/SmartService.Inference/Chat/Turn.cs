using System.Text.Json;

namespace SmartService.Inference.Chat;

internal enum TurnRole
{
    System,
    User,
    Assistant,
    Tool,
}

/// <summary>One message as the templates see it: text, thoughts, calls; or one tool result.</summary>
internal sealed record Turn(TurnRole Role, string Text)
{
    /// <summary>What the model thought before it answered; templates decide whether it is shown again.</summary>
    public string Thinking { get; init; } = "";

    public IReadOnlyList<TurnCall> Calls { get; init; } = [];

    /// <summary>The call that a tool's turn answers.</summary>
    public string CallId { get; init; } = "";

    /// <summary>A tool's result where it is not a text.</summary>
    public JsonElement? Result { get; init; }
}

/// <summary>A call in the history; arguments are a JSON object.</summary>
internal sealed record TurnCall(string Id, string Name, JsonElement Arguments);

/// <summary>A tool that the model may call.</summary>
internal sealed record ToolDescription(string Name, string Description, JsonElement Schema);

/// <summary>What a template is applied to.</summary>
internal sealed record ChatPrompt(IReadOnlyList<Turn> Turns)
{
    public IReadOnlyList<ToolDescription> Tools { get; init; } = [];

    /// <summary>Whether the model should think first; null: the family's default.</summary>
    public bool? Thinking { get; init; }

    /// <summary>For templates that say what day it is.</summary>
    public DateOnly Today { get; init; }
}
