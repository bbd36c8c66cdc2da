namespace SmartService.Inference.Native;

/// <summary>What the size of a context depends on, from the model's metadata.</summary>
/// <param name="TrainedContext">Tokens.</param>
/// <param name="CacheBytes">Bytes of one cell of the cache in F16: keys and values of all layers.</param>
/// <param name="WeightBytes">Bytes of all tensors.</param>
/// <param name="IsRecurrent">Whether it has state for each sequence beside or instead of a cache of cells.</param>
internal sealed record ModelShape(int TrainedContext, long CacheBytes, long WeightBytes, bool IsRecurrent)
{
    public static ModelShape Of(LlamaModel model)
    {
        // Hybrid models are not told apart by LLamaSharp, but their files have keys of state-space layers.
        var recurrent = model.Handle.IsRecurrent || model.Metadata.Keys.Any(key => key.Contains(".ssm.", StringComparison.Ordinal));
        return new ModelShape(model.TrainedContext, model.File.CacheBytesPerToken, model.File.Bytes, recurrent);
    }
}

/// <summary>The sizes of a context: what native code is given is always from here, never a number of a user's as it is.</summary>
internal sealed record DecoderShape
{
    /// <summary>Cells of the cache; a multiple of 256.</summary>
    public required int Cells { get; init; }

    public required int BatchTokens { get; init; }

    public required int MaxOutputs { get; init; }

    public required int MaxSequences { get; init; }

    /// <summary>Sequences that native code keeps something for: with one shared cache it need not be all ids.</summary>
    public required int NativeSequences { get; init; }

    /// <summary>Threads for one row.</summary>
    public required int Threads { get; init; }

    /// <summary>Threads as soon as there are two rows.</summary>
    public required int BatchThreads { get; init; }

    /// <summary>F32 keys and values: twice the memory, less rounding; for tests.</summary>
    public bool FullPrecision { get; init; }

    /// <summary>Why there are fewer cells than were asked for, in one sentence; or null.</summary>
    public string? Warning { get; init; }

    /// <summary>Below this no conversation fits.</summary>
    private const int LeastCells = 512;

    /// <summary>Without a setting: copying a sequence looks at every cell, 0.15 ms for 16,384 of them (llama-cpp.md b.7).</summary>
    private const int MostCells = 65_536;

    /// <summary>Chooses sizes; <paramref name="machineBytes"/> and <paramref name="processors"/> are what the process may use.</summary>
    public static DecoderShape For(LocalModelOptions options, ModelShape model, long machineBytes, int processors)
    {
        var cellBytes = Math.Max(1, model.CacheBytes);
        var wanted = Wanted(options, model.TrainedContext, cellBytes);
        // Weights are mapped and shared with the file cache, but must be in memory to be used; half of the rest is for the cache.
        var most = Math.Max(LeastCells, (machineBytes - model.WeightBytes) / 2 / cellBytes);
        var cells = (int)Math.Clamp(RoundUp(wanted), LeastCells, RoundDown(Math.Min(most, int.MaxValue)));
        var outputs = Math.Clamp(options.Parallel * 4, 32, 128);
        var sequences = model.IsRecurrent ? options.Parallel + 1 : 256;
        return new DecoderShape
        {
            Cells = cells,
            BatchTokens = 512,
            MaxOutputs = Math.Max(outputs, model.IsRecurrent ? sequences : 0),
            MaxSequences = sequences,
            NativeSequences = model.IsRecurrent ? sequences : Math.Min(outputs, sequences),
            // The team spins at barriers, so a busy neighbour on the last core makes every step wait for it: 13 ms became 40
            // (llama-cpp.md c.9). Larger steps gain more from the core than they lose.
            Threads = options.Threads > 0 ? options.Threads : Math.Max(1, processors - 1),
            BatchThreads = options.Threads > 0 ? options.Threads : processors,
            Warning = cells < wanted ? $"The cache has {cells} tokens instead of {wanted}: the machine's memory has no room for more." : null,
        };
    }

    /// <summary>For this machine and process, limits of a container included.</summary>
    public static DecoderShape For(LocalModelOptions options, LlamaModel model) =>
        For(options, ModelShape.Of(model), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Environment.ProcessorCount);

    /// <summary>
    /// The cells that the settings ask for, before the machine's memory has its say: their own number, else what
    /// <see cref="LocalModelOptions.CacheMegabytes"/> holds, at most the whole trained context for each conversation and a shared prefix.
    /// </summary>
    public static long Wanted(LocalModelOptions options, int trainedContext, long cellBytes) => options.ContextTokens > 0
        ? options.ContextTokens
        : Math.Min(
            Math.Min(options.CacheMegabytes * 1024L * 1024 / Math.Max(1, cellBytes), MostCells),
            (long)trainedContext * (options.Parallel + 1));

    private static long RoundUp(long cells) => (cells + 255) / 256 * 256;

    private static long RoundDown(long cells) => cells / 256 * 256;
}
