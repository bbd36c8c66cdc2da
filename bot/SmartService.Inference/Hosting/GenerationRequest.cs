namespace SmartService.Inference.Hosting;

/// <summary>One output that is wanted from the chat model.</summary>
public sealed record GenerationRequest
{
    /// <summary>The prompt, rendered for the model's family, in order.</summary>
    public required IReadOnlyList<PromptBlock> Prompt { get; init; }

    /// <summary>The most tokens to generate; past it the finish reason is <see cref="FinishReason.Length"/>.</summary>
    public int MaxTokens { get; init; } = 512;

    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>Texts that end the output; they are not part of it.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>What the output must look like; null: free text.</summary>
    public OutputShape? Shape { get; init; }

    /// <summary>
    /// Control tokens that belong to the output's format, for example <c>[TOOL_CALLS]</c>: they appear in the output's text, and where
    /// the shape's literals and triggers contain them, the control token is meant. Those that the model does not have are ignored.
    /// </summary>
    public IReadOnlyList<string> ControlMarks { get; init; } = [];

    /// <summary>Requests of one conversation share what was computed for it and do not overtake each other; null: none.</summary>
    public string? Conversation { get; init; }

    /// <summary>Whose request it is; tenants share the machine evenly whatever they submit.</summary>
    public string Tenant { get; init; } = "";

    public RequestClass Class { get; init; } = RequestClass.Interactive;

    /// <summary>How long the whole request may take, waiting included; past it the finish reason is <see cref="FinishReason.Deadline"/>. Null: no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }
}

/// <summary>
/// A part of the prompt that stays or goes as a whole, for example one exchange of the history. When the prompt and the wanted
/// output do not fit the context, the oldest blocks that are not <see cref="Required"/> are left out first.
/// </summary>
public sealed record PromptBlock(IReadOnlyList<PromptSegment> Segments, bool Required = true);

/// <summary>
/// A piece of prompt text. Only the template's own text may hold special tokens; what a person, a document or a tool wrote is
/// data, in which <c>&lt;|im_end|&gt;</c> is ten characters and nothing more. Segments are tokenized one by one, even if two of data follow
/// each other: data is cut where llama.cpp would find a user-defined token such as <c>&lt;tool_call&gt;</c>, which it does without being asked.
/// </summary>
public sealed record PromptSegment(string Text, bool IsTemplate);

public enum RequestClass
{
    /// <summary>Somebody waits for it.</summary>
    Interactive,

    /// <summary>Summaries, warm-up: only with what interactive requests leave.</summary>
    Background,
}

public enum EmbeddingPurpose
{
    /// <summary>A question that is looked up; gets the model's query prefix.</summary>
    Query,

    /// <summary>A text that is found; gets the model's passage prefix.</summary>
    Passage,

    /// <summary>As it is.</summary>
    None,
}
