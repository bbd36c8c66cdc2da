namespace SmartService.Inference.Hosting;

/// <summary>
/// Runs the models: in this process or in a child. Everything that crosses this seam can be serialised, so that a native abort
/// can be kept away from the server. Thread-safe.
/// </summary>
public interface IModelHost : IAsyncDisposable
{
    /// <summary>Loads the models that the options name. Later calls return the first call's outcome.</summary>
    /// <exception cref="ModelUnavailableException">Natives or files are missing or broken; the message says what to do.</exception>
    Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken);

    /// <summary>Generates one output, streamed. The last update, and only that one, has a finish reason and the usage.</summary>
    /// <exception cref="ModelSaturatedException">Not admitted: too much is waiting already.</exception>
    /// <exception cref="PromptTooLongException">The part of the prompt that must stay does not fit the context.</exception>
    /// <exception cref="ModelUnavailableException">The model is not loaded, or its process could not be brought back.</exception>
    IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken);

    /// <summary>One vector of L2 norm 1 per text, in order.</summary>
    Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken);

    /// <summary>As <see cref="EmbedAsync"/>, with what it cost. A host that cannot tell leaves this as it is.</summary>
    async Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        new(await EmbedAsync(texts, purpose, cancellationToken));

    /// <summary>One relevance score per passage, in order; higher is better, comparable only within one query.</summary>
    Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken);

    /// <summary>What the host is doing now; cheap.</summary>
    ModelHostStatus Status { get; }
}
