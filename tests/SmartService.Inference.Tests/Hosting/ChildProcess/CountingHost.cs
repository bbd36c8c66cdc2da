using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>Notes how many texts each call had; a text's vector is its length.</summary>
internal sealed class CountingHost(List<int> sizes) : IModelHost
{
    public ModelHostStatus Status { get; } = new() { IsReady = true, Counters = new() { WrittenTokens = 7, Saturated = 1 } };

    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new ModelHostInfo { Backend = "counting" });

    public IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) => throw new ModelUnavailableException("none");

    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        (await EmbedWithUsageAsync(texts, purpose, cancellationToken)).Vectors;

    public Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        sizes.Add(texts.Count);
        return Task.FromResult(new EmbeddingResult([.. texts.Select(text => new float[] { text.Length })], texts.Count * 10, 1));
    }

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        sizes.Add(passages.Count);
        return Task.FromResult<IReadOnlyList<float>>([.. passages.Select(passage => (float)passage.Length)]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
