namespace SmartService.Inference.Hosting;

/// <summary>What was loaded; null: not asked for.</summary>
public sealed record ModelHostInfo
{
    /// <summary>For people, for example "CPU AVX2" or "CUDA 12, NVIDIA L4".</summary>
    public required string Backend { get; init; }

    public ChatModelInfo? Chat { get; init; }

    public EmbeddingModelInfo? Embedding { get; init; }

    /// <summary>The reranker's name.</summary>
    public string? Reranker { get; init; }
}

public sealed record ChatModelInfo
{
    /// <summary><c>general.name</c> of the file, else the file's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>general.architecture</c>, for example <c>qwen2</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The model's own chat template (Jinja), or null.</summary>
    public string? Template { get; init; }

    /// <summary>The most tokens, prompt and output, that one request may have.</summary>
    public required int ContextTokens { get; init; }

    public required int VocabularySize { get; init; }

    /// <summary>Text of the begin-of-sequence token; empty when prompts of this model have none. The host adds the token itself.</summary>
    public string BeginText { get; init; } = "";

    /// <summary>Text of the end-of-sequence token.</summary>
    public string EndText { get; init; } = "";
}

public sealed record EmbeddingModelInfo(string Name, string Architecture, int Dimensions, int MaxTokens);

public sealed record ModelHostStatus
{
    public required bool IsReady { get; init; }

    /// <summary>Requests with a slot.</summary>
    public int Running { get; init; }

    /// <summary>Requests without one.</summary>
    public int Waiting { get; init; }

    /// <summary>Prompt tokens that are not computed yet.</summary>
    public int WaitingTokens { get; init; }

    /// <summary>How long a new interactive request would wait for its first token.</summary>
    public TimeSpan EstimatedWait { get; init; }

    /// <summary>Cells of the chat model's cache that hold something.</summary>
    public int UsedCells { get; init; }

    public int Cells { get; init; }

    /// <summary>Steps that the engine has done since it started. What stands still while requests wait is hung; 0: not counted.</summary>
    public long Steps { get; init; }

    /// <summary>How often the host's process was brought back.</summary>
    public int Restarts { get; init; }

    /// <summary>What was done since the host started, over all its processes.</summary>
    public ModelHostCounters Counters { get; init; } = new();

    /// <summary>Why it is not ready, in one sentence; or, while it is ready, what else does not work: an embedder or a reranker that broke.</summary>
    public string? Problem { get; init; }
}

/// <summary>
/// Counts that only grow. Published by who has the host, from here and nowhere else, so that a host in this process and one in another
/// count the same things once.
/// </summary>
public sealed record ModelHostCounters
{
    /// <summary>Requests that found a part of their prompt computed.</summary>
    public long PrefixHits { get; init; }

    /// <summary>Prompt tokens that were not computed again.</summary>
    public long ReusedTokens { get; init; }

    /// <summary>Kept sequences that made room.</summary>
    public long Evictions { get; init; }

    /// <summary>Running requests that made room and started over.</summary>
    public long Preemptions { get; init; }

    /// <summary>Tokens that were decoded, guesses included.</summary>
    public long ComputedTokens { get; init; }

    /// <summary>Tokens guessed by prompt lookup.</summary>
    public long GuessedTokens { get; init; }

    /// <summary>Guessed tokens that were right.</summary>
    public long RightTokens { get; init; }

    /// <summary>Tokens of outputs, those that a shape fixed included.</summary>
    public long WrittenTokens { get; init; }

    /// <summary>Requests that were not admitted because too much waited.</summary>
    public long Saturated { get; init; }

    /// <summary>Passes of the embedder and the reranker.</summary>
    public long EncoderPasses { get; init; }

    /// <summary>The sums, for a host whose process was brought back.</summary>
    public ModelHostCounters Plus(ModelHostCounters other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new()
        {
            PrefixHits = PrefixHits + other.PrefixHits,
            ReusedTokens = ReusedTokens + other.ReusedTokens,
            Evictions = Evictions + other.Evictions,
            Preemptions = Preemptions + other.Preemptions,
            ComputedTokens = ComputedTokens + other.ComputedTokens,
            GuessedTokens = GuessedTokens + other.GuessedTokens,
            RightTokens = RightTokens + other.RightTokens,
            WrittenTokens = WrittenTokens + other.WrittenTokens,
            Saturated = Saturated + other.Saturated,
            EncoderPasses = EncoderPasses + other.EncoderPasses,
        };
    }
}
