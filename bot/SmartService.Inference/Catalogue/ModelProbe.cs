using System.Text;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Catalogue;

/// <summary>Measures how fast a model is here, alone on the machine: of a chat model one conversation, three short requests.</summary>
/// <param name="hosts">Makes the host that is measured; it is disposed afterwards.</param>
public sealed class ModelProbe(Func<LocalModelOptions, IModelHost> hosts)
{
    private const int PromptLines = 24;
    private const int OutputTokens = 48;

    // Fewer say more about the clock than about the model.
    private const int FewestTokens = 8;

    /// <exception cref="ModelUnavailableException">The model cannot be loaded.</exception>
    public async Task<ModelSpeed> MeasureAsync(ModelFile model, LocalModelOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        await using var host = hosts(Only(model, options));
        var info = await host.StartAsync(cancellationToken);
        // The first request pays for pages that are read from the disk and for threads that start.
        await RunAsync(host, "你好", 1, cancellationToken);
        var prompt = await RunAsync(host, Questions(), 1, cancellationToken);
        var output = await RunAsync(host, "1，2，3，4，5，6，7，8，9，10，11，12，", OutputTokens, cancellationToken);
        return new ModelSpeed(
            info.Backend,
            Rate(prompt.PromptTokens - prompt.CachedTokens, prompt.TimeToFirstToken - prompt.Queued),
            Rate(output.OutputTokens - 1, output.Duration - output.TimeToFirstToken));
    }

    /// <summary>As <see cref="MeasureAsync"/>, for an embedding model or a reranker: a few short texts in one call.</summary>
    /// <exception cref="ModelUnavailableException">The model cannot be loaded.</exception>
    public async Task<EncoderSpeed> MeasureEncoderAsync(ModelFile model, LocalModelOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        await using var host = hosts(Only(model, options));
        var info = await host.StartAsync(cancellationToken);
        var texts = Questions().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Task RunOnceAsync(IReadOnlyList<string> some) => model.Kind == ModelKind.Reranker
            ? host.RerankAsync("送货和安装要付钱吗？", some, cancellationToken)
            : host.EmbedAsync(some, EmbeddingPurpose.Passage, cancellationToken);
        await RunOnceAsync([texts[0]]);
        var start = time.GetTimestamp();
        await RunOnceAsync(texts);
        return new EncoderSpeed(info.Backend, texts.Length / Math.Max(0.001, time.GetElapsedTime(start).TotalSeconds));
    }

    private static double? Rate(int tokens, TimeSpan time) => tokens >= FewestTokens && time > TimeSpan.Zero ? tokens / time.TotalSeconds : null;

    private static LocalModelOptions Only(ModelFile model, LocalModelOptions options) => new()
    {
        Path = model.Kind == ModelKind.Chat ? model.Path : "",
        EmbeddingPath = model.Kind == ModelKind.Embedding ? model.Path : "",
        RerankerPath = model.Kind == ModelKind.Reranker ? model.Path : "",
        EmbeddingMaxTokens = options.EmbeddingMaxTokens,
        RerankerMaxTokens = options.RerankerMaxTokens,
        GpuLayers = options.GpuLayers,
        Gpu = options.Gpu,
        NativeFolder = options.NativeFolder,
        ContextTokens = options.ContextTokens,
        CacheMegabytes = options.CacheMegabytes,
        Parallel = options.Parallel,
        Threads = options.Threads,
        Isolation = options.Isolation,
    };

    private static async Task<GenerationUsage> RunAsync(IModelHost host, string text, int tokens, CancellationToken cancellationToken)
    {
        var request = new GenerationRequest
        {
            Prompt = [new PromptBlock([new PromptSegment(text, IsTemplate: false)])],
            MaxTokens = tokens,
            Sampling = new SamplingSettings { Temperature = 0 },
        };
        GenerationUsage? usage = null;
        await foreach (var update in host.GenerateAsync(request, cancellationToken))
        {
            usage = update.Usage ?? usage;
        }

        return usage ?? throw new ModelUnavailableException("The model's host ended an output without saying what it cost.");
    }

    // Lines that differ, like a real prompt: equal ones would be easy for a cache.
    private static string Questions()
    {
        var text = new StringBuilder();
        for (var line = 1; line <= PromptLines; line++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"第{line}条：订单{line * 7919}的沙发什么时候能送到，安装要不要另外付钱？\n");
        }

        return text.ToString();
    }
}

/// <summary>What was measured.</summary>
/// <param name="Backend">For people, for example "CPU AVX2".</param>
/// <param name="PromptTokensPerSecond">Reading; null where there was too little to measure.</param>
/// <param name="TokensPerSecond">Writing, one conversation; null where the output was too short to measure.</param>
public sealed record ModelSpeed(string Backend, double? PromptTokensPerSecond, double? TokensPerSecond);

/// <summary>What was measured of an embedding model or a reranker.</summary>
/// <param name="Backend">For people, for example "CPU AVX2".</param>
/// <param name="TextsPerSecond">Texts of about <see cref="CharactersPerText"/> characters, many in one call.</param>
public sealed record EncoderSpeed(string Backend, double TextsPerSecond)
{
    /// <summary>How long the measured texts are.</summary>
    public const int CharactersPerText = 35;
}
