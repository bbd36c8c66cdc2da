using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Gguf;

public sealed class ModelFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_chat_model_is_described()
    {
        var model = ModelFile.Inspect(GgufBytes.Chat().WriteTo(_folder.Path, "小模型.gguf"));

        Assert.Equal((ModelKind.Chat, "tiny", "qwen2", "apache-2.0", "Q8_0"), (model.Kind, model.Name, model.Architecture, model.Licence, model.Quantisation));
        Assert.Equal((4096, 2, 4, 2, 64, 3), (model.ContextTokens, model.Layers, model.Heads, model.KeyValueHeads, model.Dimensions, model.VocabularySize));
        Assert.Equal(GgufBytes.Template, model.Template);
        // 2 layers, 2 heads of 64/4, keys and values, 2 bytes each.
        Assert.Equal(2 * 2 * 16 * 2 * 2, model.CacheBytesPerToken);
        Assert.Equal(new FileInfo(model.Path).Length, model.Bytes);
    }

    [Fact]
    public void What_a_file_says_about_itself_cannot_write_on_a_terminal()
    {
        var model = ModelFile.Inspect(GgufBytes.Chat("\u001b[31m好\r\n\u202e模型" + new string('长', 500)).WriteTo(_folder.Path, "a.gguf"));

        Assert.StartsWith("[31m好模型长", model.Name, StringComparison.Ordinal);
        Assert.Equal(100, model.Name.Length);
        Assert.Equal("b", ModelFile.Inspect(GgufBytes.Chat("\u0007\n").WriteTo(_folder.Path, "b.gguf")).Name);
    }

    [Fact]
    public void Heads_of_their_own_size_and_layers_that_differ_count_for_the_cache()
    {
        var model = ModelFile.Inspect(new GgufBytes().Text("general.architecture", "x").UInt32("x.block_count", 3).UInt32("x.embedding_length", 64)
            .UInt32("x.attention.head_count", 4).Int32s("x.attention.head_count_kv", 2, 0, 1).UInt32("x.attention.key_length", 8).UInt32("x.attention.value_length", 4)
            .Tensor("token_embd.weight", 0, 4, 1).WriteTo(_folder.Path, "x.gguf"));

        Assert.Equal((3 * (8 + 4) * 2, 2), (model.CacheBytesPerToken, model.KeyValueHeads));
    }

    [Fact]
    public void The_kind_follows_from_the_header()
    {
        Assert.Equal(ModelKind.Embedding, Kind(GgufBytes.Embedding()));
        Assert.Equal(ModelKind.Reranker, Kind(GgufBytes.Embedding().Tensor("cls.output.weight", 0, 4, 1)));
        Assert.Equal(ModelKind.Embedding, Kind(GgufBytes.Chat().UInt32("qwen2.pooling_type", 3)));
        Assert.Equal(ModelKind.Reranker, Kind(GgufBytes.Chat().UInt32("qwen2.pooling_type", 4)));
        Assert.Equal(ModelKind.Chat, Kind(GgufBytes.Chat().UInt32("qwen2.pooling_type", 0).Text("general.type", "model")));
        Assert.Equal(ModelKind.Other, Kind(GgufBytes.Chat().Text("general.type", "adapter")));
        Assert.Equal(ModelKind.Other, Kind(new GgufBytes().Text("general.architecture", "qwen2").UInt32("qwen2.block_count", 1)));
        Assert.Equal(ModelKind.Other, Kind(new GgufBytes()));
    }

    [Fact]
    public void Shards_are_counted_together()
    {
        var first = WriteShards();

        var model = ModelFile.Inspect(first);

        Assert.Equal(2, model.Files.Count);
        Assert.Equal((64 * 4 + 32, model.Files.Sum(file => new FileInfo(file).Length)), (model.Parameters, model.Bytes));
    }

    [Fact]
    public void A_missing_shard_is_named()
    {
        var first = WriteShards();
        File.Delete(Path.Combine(_folder.Path, "m-00002-of-00002.gguf"));

        var exception = Assert.Throws<ModelFileException>(() => ModelFile.Inspect(first));

        Assert.Equal(ModelFileFault.MissingShard, exception.Fault);
        Assert.Contains("m-00002-of-00002.gguf", exception.Message);
    }

    [Fact]
    public void Of_a_later_shard_the_first_one_is_named()
    {
        WriteShards();

        var exception = Assert.Throws<ModelFileException>(() => ModelFile.Inspect(Path.Combine(_folder.Path, "m-00002-of-00002.gguf")));

        Assert.Equal(ModelFileFault.WrongShard, exception.Fault);
        Assert.Contains("m-00001-of-00002.gguf", exception.Message);
    }

    [Fact]
    public void Shards_of_different_models_and_renamed_ones_are_refused()
    {
        var first = WriteShards();
        new GgufBytes().Split(1, 2, 3).Tensor("a", 0, 4, 1).Tensor("b", 0, 4, 1).WriteTo(_folder.Path, "m-00002-of-00002.gguf");
        Assert.Equal(ModelFileFault.WrongShard, Assert.Throws<ModelFileException>(() => ModelFile.Inspect(first)).Fault);

        GgufBytes.Chat().WriteTo(_folder.Path, "m-00002-of-00002.gguf");
        Assert.Equal(ModelFileFault.WrongShard, Assert.Throws<ModelFileException>(() => ModelFile.Inspect(first)).Fault);

        var renamed = Path.Combine(_folder.Path, "renamed.gguf");
        File.Move(first, renamed);
        Assert.Equal(ModelFileFault.WrongShard, Assert.Throws<ModelFileException>(() => ModelFile.Inspect(renamed)).Fault);
    }

    [Fact]
    public void A_model_that_was_cut_off_says_how_much_is_there()
    {
        var path = GgufBytes.Chat().WriteTo(_folder.Path, "cut.gguf");
        var length = new FileInfo(path).Length;
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^10]);

        var exception = Assert.Throws<ModelFileException>(() => ModelFile.Inspect(path));

        Assert.Equal(ModelFileFault.Truncated, exception.Fault);
        Assert.Contains($"cut.gguf is cut off: {length - 10} of at least {length} bytes", exception.Message);
    }

    [Fact]
    public void The_real_models_are_recognised()
    {
        var chat = ModelFile.Inspect(RealModels.Chat());
        Assert.Equal((ModelKind.Chat, "qwen2", 32768, 24, 14, 2, 896, 37608, "IQ4_NL"), (chat.Kind, chat.Architecture, chat.ContextTokens, chat.Layers, chat.Heads, chat.KeyValueHeads, chat.Dimensions, chat.VocabularySize, chat.Quantisation));
        // llama-cpp.md b.6 measured 12.3 KB per token for this shape.
        Assert.Equal(12_288, chat.CacheBytesPerToken);
        Assert.StartsWith("{%- if tools %}", chat.Template);

        var embedding = ModelFile.Inspect(RealModels.Embedding());
        Assert.Equal((ModelKind.Embedding, "bert", 512, 384, 0L), (embedding.Kind, embedding.Architecture, embedding.ContextTokens, embedding.Dimensions, embedding.CacheBytesPerToken));
    }

    private string WriteShards()
    {
        new GgufBytes().Split(1, 2, 3).Tensor("blk.1.attn_q.bias", 0, 32 * 4, 32).WriteTo(_folder.Path, "m-00002-of-00002.gguf");
        return GgufBytes.Chat().Split(0, 2, 3).WriteTo(_folder.Path, "m-00001-of-00002.gguf");
    }

    private ModelKind Kind(GgufBytes bytes) => ModelFile.Inspect(bytes.WriteTo(_folder.Path, "kind.gguf")).Kind;
}
