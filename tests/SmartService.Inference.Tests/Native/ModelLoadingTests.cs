using SmartService.Inference.Hosting;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

public sealed class ModelLoadingTests
{
    private readonly string _folder = TinyModel.NewFolder();

    [Fact]
    public async Task A_file_with_a_chinese_name_loads()
    {
        var path = Path.Combine(_folder, "客服 模型（测试）.gguf");
        TinyGguf.Chat(name: "小模型").Save(path);
        using var model = await TinyModel.LoadAsync(path);
        Assert.Equal("小模型", model.Name);
        Assert.Contains("<|im_start|>", model.Template, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_model_has_the_text_of_the_whole_one()
    {
        var shards = TinyGguf.Chat().SaveSplit(Path.Combine(_folder, "模型"), 3);
        using var split = await TinyModel.LoadAsync(shards[0]);
        using var whole = await TinyModel.LoadAsync(TinyModel.Chat);
        Assert.Equal(TextOf(whole), TextOf(split));
    }

    [Fact]
    public async Task A_missing_shard_is_named()
    {
        var shards = TinyGguf.Chat().SaveSplit(Path.Combine(_folder, "m"), 3);
        File.Delete(shards[1]);
        await RefusedAsync(shards[0], "m-00002-of-00003.gguf");
    }

    [Fact]
    public async Task A_shard_of_another_model_is_refused()
    {
        var shards = TinyGguf.Chat().SaveSplit(Path.Combine(_folder, "m"), 2);
        var others = TinyGguf.Chat(layers: 5, width: 32).SaveSplit(Path.Combine(_folder, "n"), 2);
        File.Copy(others[1], shards[1], overwrite: true);
        await RefusedAsync(shards[0], "m-0000");
    }

    [Fact]
    public async Task A_later_shard_is_refused()
    {
        var shards = TinyGguf.Chat().SaveSplit(Path.Combine(_folder, "m"), 2);
        await RefusedAsync(shards[1], "m-00002-of-00002.gguf");
    }

    [Fact]
    public async Task Files_that_are_no_model_are_refused()
    {
        await RefusedAsync(Path.Combine(_folder, "absent.gguf"), "absent.gguf");
        await RefusedAsync(_folder, _folder);
        await RefusedAsync(Write("empty.gguf", []), "empty.gguf");
        await RefusedAsync(Write("text.gguf", [.. Enumerable.Repeat((byte)'x', 4000)]), "text.gguf");
        await RefusedAsync(Write("short.gguf", [.. "GGUF"u8, 3]), "short.gguf");
        await RefusedAsync("", "''");
    }

    [Fact]
    public async Task A_file_that_is_cut_off_anywhere_is_refused()
    {
        var whole = TinyGguf.Chat().ToArray();
        foreach (var part in (double[])[0.0001, 0.01, 0.02, 0.05, 0.2, 0.5, 0.9, 0.999])
        {
            await RefusedAsync(Write("cut.gguf", whole[..(int)(whole.Length * part)]), "cut.gguf");
        }
    }

    [Theory]
    // Number of tensors, number of entries, and the first key's length, which follow the magic and the version.
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(24)]
    public async Task Huge_counts_are_refused(int offset)
    {
        foreach (var count in (ulong[])[ulong.MaxValue, long.MaxValue, 1UL << 40, uint.MaxValue])
        {
            var file = TinyGguf.Chat().ToArray();
            BitConverter.TryWriteBytes(file.AsSpan(offset), count);
            await RefusedAsync(Write("huge.gguf", file), "huge.gguf");
        }
    }

    [Fact]
    public async Task A_model_without_its_tensors_is_refused_with_llama_cpps_reason()
    {
        // A sound file by its header, so only llama.cpp can tell.
        var path = Path.Combine(_folder, "hollow.gguf");
        new GgufWriter().Add("general.architecture", "qwen2").Add("general.name", "hollow").Tensor("token_embd.weight", new float[64], false, 64).Save(path);
        var exception = await Assert.ThrowsAsync<ModelUnavailableException>(() => TinyModel.LoadAsync(path));
        Assert.Contains("hollow.gguf", exception.Message, StringComparison.Ordinal);
        Assert.Contains("key not found", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Loading_tells_its_progress_and_can_be_cancelled()
    {
        var seen = new List<float>();
        using (await LlamaModel.LoadAsync(TinyModel.Chat, TinyModel.Options, progress: new Observer(seen.Add), cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(1, seen[^1]);
        }

        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            LlamaModel.LoadAsync(TinyModel.Chat, TinyModel.Options, progress: new Observer(_ => cancel.Cancel()), cancellationToken: cancel.Token));
    }

    [Fact]
    public async Task An_observer_that_throws_does_not_spoil_the_loading()
    {
        using var model = await LlamaModel.LoadAsync(
            TinyModel.Chat, TinyModel.Options, progress: new Observer(_ => throw new InvalidOperationException("mine")), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("tiny", model.Name);
    }

    private static string TextOf(LlamaModel model)
    {
        using var decoder = TinyModel.NewDecoder(model, cells: 512);
        return Greedy.Text(decoder, model.Vocabulary.Tokenize("退款多久到", special: false), 20);
    }

    private string Write(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static async Task RefusedAsync(string path, string part)
    {
        var exception = await Assert.ThrowsAsync<ModelUnavailableException>(() => TinyModel.LoadAsync(path));
        Assert.DoesNotContain("\n", exception.Message, StringComparison.Ordinal);
        Assert.Contains(part, exception.Message, StringComparison.Ordinal);
    }

    private sealed class Observer(Action<float> report) : IProgress<float>
    {
        public void Report(float value) => report(value);
    }
}
