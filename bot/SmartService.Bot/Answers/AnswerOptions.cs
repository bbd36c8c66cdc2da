using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Answers;

/// <summary>Settings section <c>Answers</c>.</summary>
public sealed class AnswerOptions
{
    /// <summary>The shop's name as the model may use it; empty: 本店.</summary>
    [StringLength(40, ErrorMessage = "Answers:Shop must have at most {1} characters.")]
    public string Shop { get; set; } = "";

    /// <summary>How long the model may take for one answer, tools included, before the knowledge base is quoted instead.</summary>
    [Range(0.1, 300, ErrorMessage = "Answers:ModelSeconds must be between {1} and {2}.")]
    public double ModelSeconds { get; set; } = 30;

    /// <summary>How often the model may ask for tools in one turn.</summary>
    [Range(1, 10, ErrorMessage = "Answers:ToolRounds must be between {1} and {2}.")]
    public int ToolRounds { get; set; } = 4;

    /// <summary>How many tokens an answer may have.</summary>
    [Range(32, 8192, ErrorMessage = "Answers:MaxTokens must be between {1} and {2}.")]
    public int MaxTokens { get; set; } = 600;

    /// <summary>How many passages are looked up.</summary>
    [Range(1, 20, ErrorMessage = "Answers:Passages must be between {1} and {2}.")]
    public int Passages { get; set; } = 6;

    /// <summary>From which certainty on a text starts a task.</summary>
    [Range(0.1, 1.0, ErrorMessage = "Answers:FlowThreshold must be between {1} and {2}.")]
    public double FlowThreshold { get; set; } = 0.6;

    /// <summary>After how many minutes a task that waits for the customer is dropped.</summary>
    [Range(1, 24 * 60, ErrorMessage = "Answers:FlowIdleMinutes must be between {1} and {2}.")]
    public int FlowIdleMinutes { get; set; } = 30;
}
