using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>A host without models: a text's vector is its length, its score too; everything asked is written down.</summary>
internal sealed class VectorHost : IModelHost
{
    public List<(IReadOnlyList<string> Texts, EmbeddingPurpose Purpose)> Embedded { get; } = [];

    public List<string> Queries { get; } = [];

    /// <summary>What the next calls say they cost.</summary>
    public (long Tokens, int Cut)? Cost { get; set; }

    public ModelHostStatus Status => new() { IsReady = true };

    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new ModelHostInfo { Backend = "none" });

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        yield break;
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Embedded.Add((texts, purpose));
        return Task.FromResult<IReadOnlyList<float[]>>([.. texts.Select(text => new[] { text.Length, 0f })]);
    }

    public async Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        new(await EmbedAsync(texts, purpose, cancellationToken), Cost?.Tokens, Cost?.Cut);

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        Queries.Add(query);
        return Task.FromResult<IReadOnlyList<float>>([.. passages.Select(passage => (float)passage.Length)]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
