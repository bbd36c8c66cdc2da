using System.ComponentModel.DataAnnotations;

namespace SmartService.Bot.Answers;

/// <summary>Settings section <c>Answers</c>.</summary>
public sealed class AnswerOptions
{
    /// <summary>The shop's name as the model may use it; empty: 本店.</summary>
    [StringLength(40, ErrorMessage = "Answers:Shop must have at most {1} characters.")]
    public string Shop { get; set; } = "";

    /// <summary>
    /// How long the model may take for one answer, tools and a second try with a shorter prompt included, before the knowledge base is
    /// quoted instead; in seconds. A model elsewhere that is asked in its stead gets the same again.
    /// </summary>
    [Range(0.1, 300, ErrorMessage = "Answers:ModelSeconds must be between {1} and {2}.")]
    public double ModelSeconds { get; set; } = 30;

    /// <summary>How often the model may ask for tools in one turn.</summary>
    [Range(1, 10, ErrorMessage = "Answers:ToolRounds must be between {1} and {2}.")]
    public int ToolRounds { get; set; } = 4;

    /// <summary>How many tokens an answer may have.</summary>
    [Range(32, 8192, ErrorMessage = "Answers:MaxTokens must be between {1} and {2}.")]
    public int MaxTokens { get; set; } = 600;

    /// <summary>How many tokens of passages a model on this machine reads for an answer; on two cores 130 of them take a second.</summary>
    [Range(50, 100_000, ErrorMessage = "Answers:LocalPassageTokens must be between {1} and {2}.")]
    public int LocalPassageTokens { get; set; } = 260;

    /// <summary>How many tokens an answer of a model on this machine may have, at most <see cref="MaxTokens"/>.</summary>
    [Range(32, 8192, ErrorMessage = "Answers:LocalMaxTokens must be between {1} and {2}.")]
    public int LocalMaxTokens { get; set; } = 200;

    /// <summary>From which expected wait for the first token on a model's machine counts as saturated, in seconds: the prompt is then made shorter.</summary>
    [Range(0.1, 300, ErrorMessage = "Answers:BusySeconds must be between {1} and {2}.")]
    public double BusySeconds { get; set; } = 5;

    /// <summary>What a model on this machine writes. A model behind an endpoint writes everything.</summary>
    public LocalModelWrites LocalModelWrites { get; set; } = LocalModelWrites.Everything;

    /// <summary>
    /// Whether a model on this machine gets the plugins' tools; empty: unless it is small, under two thousand million parameters. The
    /// 0.5B model of our tests began a tool call for every question. Tasks of plugins start without a model anyway.
    /// </summary>
    public bool? LocalTools { get; set; }

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

/// <summary>Which answers a model on this machine writes.</summary>
public enum LocalModelWrites
{
    /// <summary>All but long lists of facts.</summary>
    Everything,

    /// <summary>Those from passages. Facts and entries of the FAQ, which the shop worded for this very question, are said literally.</summary>
    Passages,
}
