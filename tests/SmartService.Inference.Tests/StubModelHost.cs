using System.Runtime.CompilerServices;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests;

/// <summary>A host that says one word, or that could not be loaded.</summary>
internal sealed class StubModelHost(string? problem = null) : IModelHost, IDisposable
{
    public ModelHostStatus Status { get; set; } = new() { IsReady = problem is null, Problem = problem };

    public string Template { get; init; } = "<|im_start|>You are Qwen, created by Alibaba Cloud";

    public GenerationRequest? Request { get; private set; }

    public async Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return problem is not null
            ? throw new ModelUnavailableException(problem)
            : new ModelHostInfo
            {
                Backend = "CPU",
                Chat = new ChatModelInfo { Name = "tiny", Architecture = "qwen2", Template = Template, ContextTokens = 512, VocabularySize = 300 },
            };
    }

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        Request = request;
        yield return new GenerationUpdate("本机");
        yield return new GenerationUpdate("") { Finish = FinishReason.Stop, Usage = new GenerationUsage(9, 4, 1, 0, 0, default, default, default) };
    }

    public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<float[]>>([.. texts.Select(_ => new float[] { 1, 0 })]);

    public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<float>>([.. passages.Select(passage => (float)passage.Length)]);

    public void Dispose()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
