using SmartService.Inference.Gguf;
using SmartService.Inference.Native;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// Whether a machine can serve a chat model, estimated from its header. Weights that are mapped from the file count in full: a
/// machine that pages them in and out is too slow to serve with.
/// </summary>
public sealed record ModelFit
{
    /// <summary>What one conversation takes of the cache in practice: rules and passages of about 1,500 tokens and an answer of 500.</summary>
    public const int ConversationTokens = 2048;

    /// <summary>An allowance for the bot itself beside the model.</summary>
    public const long ServerBytes = 400L << 20;

    // Below this no question with its passages fits.
    private const int SmallestCache = 2048;

    // Not to the last byte: the kernel and other programs live here, too.
    private const double UsableShare = 0.9;

    public required MachineMemory Memory { get; init; }

    public long WeightBytes { get; init; }

    public long CacheBytes { get; init; }

    /// <summary>Buffers of a decode.</summary>
    public long ComputeBytes { get; init; }

    public long NeededBytes => WeightBytes + CacheBytes + ComputeBytes + ServerBytes;

    /// <summary>Tokens that all conversations share.</summary>
    public int CacheTokens { get; init; }

    /// <summary>Tokens that one conversation can have.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Conversations that are answered at once, if each takes <see cref="ConversationTokens"/>.</summary>
    public int Conversations { get; init; }

    /// <summary>Whether it fits into the machine's memory at all.</summary>
    public bool Fits { get; init; }

    /// <summary>Whether it fits into what is free now.</summary>
    public bool FitsNow => Fits && NeededBytes <= Memory.AvailableBytes;

    public static ModelFit Of(ModelFile model, LocalModelOptions options, MachineMemory memory)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(memory);
        // A decode of 512 tokens keeps about eight rows of the hidden width for each; with the 0.5B model's width of 896 that is the
        // 48 MiB which llama-cpp.md measured beside the cache.
        var compute = (32L << 20) + (512L * 8 * model.Dimensions * sizeof(float));
        var fixedBytes = model.Bytes + compute + ServerBytes;
        var trained = model.ContextTokens > 0 ? model.ContextTokens : SmallestCache;
        var wanted = Wanted(model, options, trained);
        var room = (memory.LimitBytes * UsableShare) - fixedBytes;
        // The decoder takes at most half of what the weights leave.
        var cache = Math.Min(room, (memory.LimitBytes - model.Bytes) / 2d);
        var possible = model.CacheBytesPerToken == 0 ? (room > 0 ? wanted : 0) : Math.Max(0, Math.Floor(cache / model.CacheBytesPerToken / Step) * Step);
        var tokens = (int)Math.Min(wanted, possible);
        var fits = tokens >= Math.Min(SmallestCache, wanted);
        tokens = fits ? tokens : Math.Min(SmallestCache, wanted);
        return new ModelFit
        {
            Memory = memory,
            WeightBytes = model.Bytes,
            CacheBytes = tokens * model.CacheBytesPerToken,
            ComputeBytes = compute,
            CacheTokens = tokens,
            ContextTokens = Math.Min(trained, tokens),
            Conversations = Math.Clamp(tokens / ConversationTokens, 1, options.Parallel),
            Fits = fits,
        };
    }

    // By the decoder's own rule.
    private static int Wanted(ModelFile model, LocalModelOptions options, int trained)
    {
        var asked = DecoderShape.Wanted(options, trained, model.CacheBytesPerToken);
        var wanted = options.ContextTokens > 0 ? asked : Math.Max(512, asked);
        return (int)((wanted + Step - 1) / Step * Step);
    }

    private const int Step = 256;
}
