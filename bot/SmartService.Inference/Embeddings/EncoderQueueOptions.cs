namespace SmartService.Inference.Embeddings;

/// <summary>Limits of an <see cref="EncoderQueue"/>.</summary>
internal sealed record EncoderQueueOptions
{
    /// <summary>How long a pass may take while the chat works: about one step of the chat.</summary>
    public TimeSpan BusyTarget { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>How long a pass may take otherwise: what a chat request that comes just then waits at most.</summary>
    public TimeSpan IdleTarget { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Calls are refused while this many tokens wait.</summary>
    public int MaxWaitingTokens { get; init; } = 200_000;
}
