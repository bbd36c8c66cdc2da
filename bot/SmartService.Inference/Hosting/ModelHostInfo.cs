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

    /// <summary>Why it is not ready, in one sentence.</summary>
    public string? Problem { get; init; }
}
