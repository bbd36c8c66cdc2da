using System.Runtime.CompilerServices;

namespace SmartService.Inference.Hosting;

/// <summary>Stands where a host would be in a program that has none: says so, and never computes anything.</summary>
internal sealed class NoModelHost : IModelHost
{
    private const string Reason = "This program was built without an engine for local models.";

    public ModelHostStatus Status { get; } = new() { IsReady = false, Problem = Reason };

    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromException<ModelHostInfo>(new ModelUnavailableException(Reason));

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        yield break;
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        Task.FromException<IReadOnlyList<float[]>>(new ModelUnavailableException(Reason));

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        Task.FromException<IReadOnlyList<float>>(new ModelUnavailableException(Reason));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
