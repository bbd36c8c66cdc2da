using SmartService.Inference.Catalogue;
using SmartService.Inference.Gguf;
using SmartService.Inference.Tests.Gguf;

namespace SmartService.Inference.Tests.Catalogue;

public sealed class ModelFitTests
{
    private const long Gigabyte = 1_000_000_000;

    // The shape of Qwen2.5 0.5B: 24 layers, 2 heads of 64, keys and values of 2 bytes.
    private static readonly ModelFile Small = new()
    {
        Path = "m.gguf", Files = ["m.gguf"], Kind = ModelKind.Chat, Name = "m", Architecture = "qwen2", Quantisation = "Q4_K_M",
        ContextTokens = 32_768, Layers = 24, Dimensions = 896, Bytes = Gigabyte / 2, CacheBytesPerToken = 12_288,
    };

    [Fact]
    public void Memory_is_weights_cache_buffers_and_the_bot_itself()
    {
        var fit = ModelFit.Of(Small, new LocalModelOptions(), new MachineMemory(16 * Gigabyte, 8 * Gigabyte, false));

        // 512 MiB of cache at 12,288 bytes are 43,690 tokens, in steps of 256.
        Assert.Equal((43_776, 32_768, 16), (fit.CacheTokens, fit.ContextTokens, fit.Conversations));
        Assert.Equal(fit.WeightBytes + (43_776L * 12_288) + fit.ComputeBytes + ModelFit.ServerBytes, fit.NeededBytes);
        Assert.InRange(fit.ComputeBytes, 40L << 20, 64L << 20);
        Assert.True(fit is { Fits: true, FitsNow: true });
    }

    [Fact]
    public void A_small_machine_gets_a_smaller_cache_and_fewer_conversations()
    {
        var fit = ModelFit.Of(Small, new LocalModelOptions(), new MachineMemory(12 * Gigabyte / 10, Gigabyte, true));

        Assert.True(fit.Fits);
        Assert.InRange(fit.CacheTokens, 2048, 15_000);
        Assert.Equal(fit.CacheTokens / ModelFit.ConversationTokens, fit.Conversations);
        Assert.True(fit.NeededBytes <= fit.Memory.LimitBytes * 9 / 10);
        Assert.False(fit.FitsNow && fit.NeededBytes > fit.Memory.AvailableBytes);
    }

    [Fact]
    public void A_model_that_is_larger_than_the_machine_does_not_fit()
    {
        var fit = ModelFit.Of(Small with { Bytes = 20 * Gigabyte }, new LocalModelOptions(), new MachineMemory(16 * Gigabyte, 16 * Gigabyte, false));

        Assert.False(fit.Fits || fit.FitsNow);
        Assert.True(fit.NeededBytes > 20 * Gigabyte);
    }

    [Fact]
    public void Settings_decide_about_the_cache()
    {
        var memory = new MachineMemory(16 * Gigabyte, 8 * Gigabyte, false);

        Assert.Equal(8192, ModelFit.Of(Small, new LocalModelOptions { ContextTokens = 8192 }, memory).CacheTokens);
        Assert.Equal(2, ModelFit.Of(Small, new LocalModelOptions { Parallel = 2 }, memory).Conversations);
        Assert.Equal(65_536, ModelFit.Of(Small, new LocalModelOptions { CacheMegabytes = 100_000 }, memory).CacheTokens);
    }

    [Fact]
    public void The_limit_of_a_container_is_the_machine()
    {
        using var root = new TemporaryFolder();
        Write(root, "proc/meminfo", "MemTotal:       16000000 kB\nMemFree:  1000 kB\nMemAvailable:   12000000 kB\n");
        Assert.Equal(new MachineMemory(16_384_000_000, 12_288_000_000, false), MachineMemory.ReadLinux(root.Path));

        Write(root, "proc/self/cgroup", "0::/a/b\n");
        Write(root, "sys/fs/cgroup/a/b/memory.max", "max\n");
        Write(root, "sys/fs/cgroup/a/memory.max", "4000000000\n");
        Write(root, "sys/fs/cgroup/a/memory.current", "3000000000\n");
        Write(root, "sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 500000000\n");
        Assert.Equal(new MachineMemory(4_000_000_000, 1_500_000_000, true), MachineMemory.ReadLinux(root.Path));

        Write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000000\n");
        Write(root, "sys/fs/cgroup/memory/memory.usage_in_bytes", "2500000000\n");
        Assert.Equal(new MachineMemory(2_000_000_000, 0, true), MachineMemory.ReadLinux(root.Path));
    }

    [Fact]
    public void Without_proc_the_runtime_is_asked()
    {
        using var root = new TemporaryFolder();

        Assert.Null(MachineMemory.ReadLinux(root.Path));
        Assert.True(MachineMemory.Read().LimitBytes > 0);
    }

    private static void Write(TemporaryFolder root, string file, string text)
    {
        var path = Path.Combine(root.Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
