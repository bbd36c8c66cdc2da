namespace SmartService.Inference.Hosting;

/// <summary>A piece of output. <see cref="Text"/> holds whole characters only and may be empty.</summary>
public sealed record GenerationUpdate(string Text)
{
    /// <summary>Output tokens so far, with those of this update; 0: not said. It lets another process go on where this one ended.</summary>
    public int OutputTokens { get; init; }

    /// <summary>Set on the last update only.</summary>
    public FinishReason? Finish { get; init; }

    /// <summary>Set on the last update only.</summary>
    public GenerationUsage? Usage { get; init; }

    /// <summary>For each <see cref="OutputShape.Choice"/> of literals that was decided by scoring, in output order: the probability of each option, in the order given, summing to 1.</summary>
    public IReadOnlyList<IReadOnlyList<float>>? ChoiceScores { get; init; }
}

public enum FinishReason
{
    /// <summary>The model ended its turn, or the shape was complete.</summary>
    Stop,

    /// <summary>One of the stop texts was reached.</summary>
    StopText,

    /// <summary>Cut off: the token limit or the context was reached. Never a whole output.</summary>
    Length,

    /// <summary>Cut off: the time limit passed.</summary>
    Deadline,
}

/// <summary>What a request cost.</summary>
/// <param name="PromptTokens">Tokens of the prompt after leaving blocks out.</param>
/// <param name="CachedTokens">How many of them had been computed already.</param>
/// <param name="OutputTokens">Tokens in the output, fed ones included.</param>
/// <param name="FedTokens">Output tokens that the shape fixed, so that none was sampled for them.</param>
/// <param name="DroppedBlocks">Blocks of the prompt that did not fit.</param>
/// <param name="Queued">From submission to the first token of the prompt that was computed.</param>
/// <param name="TimeToFirstToken">From submission to the first output token.</param>
/// <param name="Duration">From submission to the end.</param>
public sealed record GenerationUsage(
    int PromptTokens, int CachedTokens, int OutputTokens, int FedTokens, int DroppedBlocks, TimeSpan Queued, TimeSpan TimeToFirstToken, TimeSpan Duration);
