using SmartService.Inference.Hosting;

namespace SmartService.Inference.Reranking;

/// <summary>The local cross-encoder.</summary>
public sealed class LocalReranker(IModelHost host) : IReranker
{
    public async Task<IReadOnlyList<float>> ScoreAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(passages);
        return passages.Count == 0 ? [] : await host.RerankAsync(query, passages, cancellationToken);
    }
}
