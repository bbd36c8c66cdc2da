using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

/// <summary>Notes the order in which requests are submitted; one whose prompt is "slow" takes until <see cref="Go"/> to be tokenized.</summary>
internal sealed class OrderHost : IModelHost
{
    public ManualResetEventSlim Go { get; } = new();

    public List<string> Starts { get; } = [];

    public ModelHostStatus Status { get; } = new() { IsReady = true };

    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new ModelHostInfo { Backend = "order" });

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var name = request.Prompt[0].Segments[0].Text;
        if (name == "slow")
        {
            Assert.True(Go.Wait(TimeSpan.FromSeconds(30), cancellationToken));
        }

        lock (Starts)
        {
            Starts.Add(name);
        }

        await Task.Yield();
        yield return new("") { Finish = FinishReason.Stop, Usage = new(1, 0, 0, 0, 0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero) };
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) => throw new ModelUnavailableException("none");

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) => throw new ModelUnavailableException("none");

    public ValueTask DisposeAsync()
    {
        Go.Set();
        return ValueTask.CompletedTask;
    }
}
