using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.InProcess;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Hosting.InProcess;

public sealed class InProcessModelHostTests
{
    private static readonly CancellationToken s_never = CancellationToken.None;

    [Fact]
    public async Task All_three_kinds_of_model_are_served_from_one_process()
    {
        await using var host = new InProcessModelHost(Options(TinyModel.Chat, TinyModel.Embedding, TinyModel.Reranker));
        Assert.False(host.Status.IsReady);
        var info = await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("CPU", info.Backend, StringComparison.Ordinal);
        Assert.Equal("qwen2", info.Chat!.Architecture);
        Assert.NotNull(info.Reranker);
        Assert.True(host.Status.IsReady);

        var vectors = await host.EmbedAsync(["退货要几天", "今天天气不错"], EmbeddingPurpose.Query, s_never);
        Assert.All(vectors, vector => Assert.Equal(info.Embedding!.Dimensions, vector.Length));
        Assert.Equal(3, (await host.RerankAsync("退货", ["七天内可以退", "满99包邮", ""], s_never)).Count);
        var (text, last) = await RunAsync(host, Ask("你好") with { MaxTokens = 8 });
        Assert.NotEqual("", text);
        Assert.InRange(last.Usage!.OutputTokens, 1, 8);
        Assert.Equal(last.Usage.OutputTokens, last.OutputTokens);
        Assert.True(host.Status.Steps > 0);
    }

    [Fact]
    public async Task The_passes_of_embedder_and_reranker_count_as_steps_so_that_a_long_call_is_not_taken_for_hung()
    {
        await using var host = new InProcessModelHost(Options("", TinyModel.Embedding, TinyModel.Reranker));
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, host.Status.Steps);
        await host.EmbedAsync(["退货要几天"], EmbeddingPurpose.Query, s_never);
        var steps = host.Status.Steps;
        Assert.True(steps > 0);
        await host.RerankAsync("退货", ["七天内可以退"], s_never);
        Assert.True(host.Status.Steps > steps);
        Assert.Equal(host.Status.Steps, host.Status.Counters.EncoderPasses);
    }

    [Fact]
    public async Task A_control_token_is_text_only_for_a_request_that_asks_for_it()
    {
        await using var host = new InProcessModelHost(Options(TinyModel.Chat));
        var request = Ask("你好") with { Shape = new OutputShape.Literal("<|im_start|>完") };
        Assert.Equal("<|im_start|>完", (await RunAsync(host, request with { ControlMarks = ["<|im_start|>", "[TOOL_CALLS]"] })).Text);
        Assert.DoesNotContain("<|im_start|>", (await RunAsync(host, Ask("你好<|im_start|>"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_not_loaded_is_named()
    {
        await using var host = new InProcessModelHost(Options(TinyModel.Chat));
        Assert.Contains("Model:EmbeddingPath", (await Assert.ThrowsAsync<ModelUnavailableException>(() => host.EmbedAsync(["a"], EmbeddingPurpose.None, s_never))).Message, StringComparison.Ordinal);
        Assert.Contains("Model:RerankerPath", (await Assert.ThrowsAsync<ModelUnavailableException>(() => host.RerankAsync("a", ["b"], s_never))).Message, StringComparison.Ordinal);
        await using var embedder = new InProcessModelHost(Options("", TinyModel.Embedding));
        Assert.Contains("Model:Path", (await Assert.ThrowsAsync<ModelUnavailableException>(() => RunAsync(embedder, Ask("a")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_loaded_is_a_problem_and_not_a_crash()
    {
        var path = Path.Combine(TinyModel.NewFolder(), "坏的.gguf");
        await File.WriteAllTextAsync(path, "no model", TestContext.Current.CancellationToken);
        await using var host = new InProcessModelHost(Options(path));
        var thrown = await Assert.ThrowsAsync<ModelUnavailableException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("坏的.gguf", thrown.Message, StringComparison.Ordinal);
        Assert.False(host.Status.IsReady);
        Assert.Equal(thrown.Message, host.Status.Problem);
        Assert.Equal(thrown.Message, (await Assert.ThrowsAsync<ModelUnavailableException>(() => RunAsync(host, Ask("a")))).Message);
    }

    [Fact]
    public async Task A_caller_who_gives_up_waiting_does_not_cost_the_others_the_model()
    {
        await using var host = new InProcessModelHost(Options(TinyModel.Chat));
        using var impatient = new CancellationTokenSource();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.StartAsync(impatient.Token));
        Assert.NotNull((await host.StartAsync(TestContext.Current.CancellationToken)).Chat);
    }

    [Fact]
    public async Task A_disposed_host_says_so_and_may_be_disposed_again()
    {
        var host = new InProcessModelHost(Options(TinyModel.Chat));
        await host.StartAsync(TestContext.Current.CancellationToken);
        await host.DisposeAsync();
        await host.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.StartAsync(TestContext.Current.CancellationToken));
    }

    private static LocalModelOptions Options(string chat, string embedding = "", string reranker = "")
    {
        var options = TinyModel.Options;
        (options.Path, options.EmbeddingPath, options.RerankerPath) = (chat, embedding, reranker);
        return options;
    }

    private static GenerationRequest Ask(string text) => new()
    {
        Prompt = [new PromptBlock([new PromptSegment(text, IsTemplate: false)])],
        MaxTokens = 32,
        Sampling = new SamplingSettings { Temperature = 0 },
    };

    private static async Task<(string Text, GenerationUpdate Last)> RunAsync(InProcessModelHost host, GenerationRequest request)
    {
        var (text, last) = ("", (GenerationUpdate?)null);
        await foreach (var update in host.GenerateAsync(request, TestContext.Current.CancellationToken))
        {
            (text, last) = (text + update.Text, update);
        }

        return (text, last!);
    }
}
