using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Native;

public sealed class DecoderShapeTests
{
    private const long Gib = 1L << 30;

    // 24 layers, two key heads of 64: 12,288 bytes for a token.
    private static readonly ModelShape Small = new(TrainedContext: 32_768, CacheBytes: 12_288, WeightBytes: 300 << 20, IsRecurrent: false);

    [Fact]
    public void The_cache_is_as_large_as_its_budget()
    {
        var shape = For(new LocalModelOptions { CacheMegabytes = 192 });
        Assert.Equal(16_384, shape.Cells);
        Assert.Null(shape.Warning);
    }

    [Fact]
    public void A_wish_in_tokens_comes_before_the_budget() =>
        Assert.Equal(100_096, For(new LocalModelOptions { CacheMegabytes = 16, ContextTokens = 100_000 }).Cells);

    [Fact]
    public void A_tiny_model_does_not_get_millions_of_cells()
    {
        Assert.Equal(65_536, For(new LocalModelOptions(), Small with { CacheBytes = 64 }).Cells);
        // Nobody can use more than each conversation's full context.
        Assert.Equal(5 * 512, For(new LocalModelOptions { Parallel = 4 }, Small with { CacheBytes = 64, TrainedContext = 512 }).Cells);
    }

    [Fact]
    public void A_wish_beyond_the_machines_memory_is_cut_and_said()
    {
        var shape = For(new LocalModelOptions { ContextTokens = 4_000_000 }, machineBytes: 2 * Gib);
        Assert.InRange(shape.Cells * 12_288L, Gib / 2, Gib);
        Assert.Equal(0, shape.Cells % 256);
        Assert.Contains("instead of 4000000", shape.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_is_too_small_still_gets_the_least()
    {
        Assert.Equal(512, For(new LocalModelOptions(), machineBytes: 1 << 20).Cells);
        Assert.Equal(512, For(new LocalModelOptions { ContextTokens = 1 }).Cells);
    }

    [Fact]
    public void Rows_with_logits_grow_with_the_conversations_within_limits()
    {
        Assert.Equal(32, For(new LocalModelOptions { Parallel = 1 }).MaxOutputs);
        Assert.Equal(64, For(new LocalModelOptions { Parallel = 16 }).MaxOutputs);
        Assert.Equal(128, For(new LocalModelOptions { Parallel = 128 }).MaxOutputs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(128)]
    public void Native_limits_hold_for_every_setting(int parallel)
    {
        foreach (var recurrent in (bool[])[false, true])
        {
            var shape = For(new LocalModelOptions { Parallel = parallel }, Small with { IsRecurrent = recurrent });
            // llama.cpp asserts all three; ids are at most 256.
            Assert.InRange(shape.NativeSequences, 1, shape.MaxOutputs);
            Assert.InRange(shape.MaxOutputs, 1, shape.BatchTokens);
            Assert.InRange(shape.MaxSequences, parallel + 1, 256);
            // A recurrent model has state for as many sequences as it was asked for.
            Assert.True(!recurrent || shape.MaxSequences == shape.NativeSequences);
        }
    }

    [Fact]
    public void Threads_are_the_settings_or_the_machines()
    {
        Assert.Equal(3, For(new LocalModelOptions { Threads = 3 }).Threads);
        Assert.Equal(2, For(new LocalModelOptions()).BatchThreads);
    }

    private static DecoderShape For(LocalModelOptions options, ModelShape? model = null, long machineBytes = 24 * Gib) =>
        DecoderShape.For(options, model ?? Small, machineBytes, processors: 2);
}
