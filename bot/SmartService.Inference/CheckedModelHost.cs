using SmartService.Inference.Chat;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Inference;

/// <summary>
/// The host as the program sees it: a chat model that loads but that we cannot speak to is a problem of the start and of
/// <see cref="Status"/>, not of the first customer; and names from model files are fit to be shown. Owns the host.
/// </summary>
internal sealed class CheckedModelHost(IModelHost host, LocalChatOptions chat) : IModelHost, IDisposable
{
    private volatile string? _problem;

    /// <summary>The host itself.</summary>
    public IModelHost Inner => host;

    public ModelHostStatus Status => _problem is { } problem ? host.Status with { IsReady = false, Problem = problem } : host.Status;

    /// <exception cref="ModelUnavailableException">It cannot be loaded, or the chat model's family is not known.</exception>
    public async Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken)
    {
        var info = Shown(await host.StartAsync(cancellationToken));
        _problem = info.Chat is { } model ? Speaker.Problem(model, chat) : null;
        return _problem is { } problem ? throw new ModelUnavailableException(problem) : info;
    }

    public IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) => host.GenerateAsync(request, cancellationToken);

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        host.EmbedAsync(texts, purpose, cancellationToken);

    public Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        host.EmbedWithUsageAsync(texts, purpose, cancellationToken);

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        host.RerankAsync(query, passages, cancellationToken);

    public ValueTask DisposeAsync() => host.DisposeAsync();

    /// <summary>For containers that are disposed synchronously, which refuse services that cannot be.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static ModelHostInfo Shown(ModelHostInfo info) => info with
    {
        Chat = info.Chat is { } chat ? chat with { Name = ModelText.Clean(chat.Name), Architecture = ModelText.Clean(chat.Architecture) } : null,
        Embedding = info.Embedding is { } embedding ? embedding with { Name = ModelText.Clean(embedding.Name), Architecture = ModelText.Clean(embedding.Architecture) } : null,
        Reranker = info.Reranker is { } reranker ? ModelText.Clean(reranker) : null,
    };
}
