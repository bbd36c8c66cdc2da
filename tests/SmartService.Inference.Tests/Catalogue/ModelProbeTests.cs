using System.Runtime.CompilerServices;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class ModelProbeTests
{
    private static readonly ModelFile Model = new() { Path = "/m.gguf", Files = ["/m.gguf"], Kind = ModelKind.Chat, Name = "m", Architecture = "x", Quantisation = "Q8_0" };

    [Fact]
    public async Task Speeds_leave_out_the_cache_the_queue_and_the_first_token()
    {
        var host = new ScriptedHost(
            Usage(2, 0, 1, 0, 1, 1),
            Usage(400, 100, 1, 1, 3, 3),
            Usage(20, 0, 41, 0, 1, 5));

        var speed = await new ModelProbe(_ => host).MeasureAsync(Model, new LocalModelOptions(), TestContext.Current.CancellationToken);

        // 300 tokens in 3 - 1 seconds; 40 tokens in 5 - 1 seconds.
        Assert.Equal(new ModelSpeed("CPU test", 150, 10), speed);
        Assert.True(host.IsDisposed);
    }

    [Fact]
    public async Task Too_short_an_output_is_not_a_speed()
    {
        var host = new ScriptedHost(Usage(2, 0, 1, 0, 1, 1), Usage(400, 0, 1, 0, 2, 2), Usage(20, 0, 3, 0, 1, 2));

        var speed = await new ModelProbe(_ => host).MeasureAsync(Model, new LocalModelOptions(), TestContext.Current.CancellationToken);

        Assert.Equal((200, null), (speed.PromptTokensPerSecond, speed.TokensPerSecond));
    }

    [Fact]
    public async Task Only_the_model_itself_is_loaded()
    {
        LocalModelOptions? seen = null;
        var host = new ScriptedHost(Usage(2, 0, 1, 0, 1, 1), Usage(400, 0, 1, 0, 2, 2), Usage(20, 0, 41, 0, 1, 2));
        await new ModelProbe(options =>
        {
            seen = options;
            return host;
        }).MeasureAsync(Model, new LocalModelOptions { Path = "/other.gguf", EmbeddingPath = "/e.gguf", RerankerPath = "/r.gguf", Threads = 3 }, TestContext.Current.CancellationToken);

        Assert.Equal(("/m.gguf", "", "", 3), (seen!.Path, seen.EmbeddingPath, seen.RerankerPath, seen.Threads));
    }

    private static GenerationUsage Usage(int prompt, int cached, int output, int queued, int first, int duration) =>
        new(prompt, cached, output, 0, 0, TimeSpan.FromSeconds(queued), TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(duration));

    private sealed class ScriptedHost(params GenerationUsage[] usages) : IModelHost
    {
        private int _at;

        public bool IsDisposed { get; private set; }

        public ModelHostStatus Status => new() { IsReady = true };

        public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => Task.FromResult(new ModelHostInfo { Backend = "CPU test" });

        public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            yield return new GenerationUpdate("一");
            yield return new GenerationUpdate("") { Finish = FinishReason.Length, Usage = usages[_at++] };
        }

        public Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
