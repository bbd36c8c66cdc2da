using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

/// <summary>The chat model of <c>../shared/models</c>, a split file; skipped where it is not.</summary>
public sealed class RealModelTests
{
    [Fact]
    public async Task The_shared_chat_model_loads_and_continues_a_text()
    {
        using var model = await TinyModel.LoadAsync(RealModels.Chat());
        Assert.Equal("qwen2", model.Architecture);
        Assert.Null(model.Vocabulary.Begin);
        Assert.Equal("<|im_end|>", model.Vocabulary.SpecialText(model.Vocabulary.End!.Value));
        // 24 layers, two key heads of 64, F16 keys and values (llama-cpp.md b.5).
        Assert.Equal(12_288, ModelShape.Of(model).CacheBytes);
        using var decoder = new LlamaDecoder(model, DecoderShape.For(TinyModel.Options, model) with { Cells = 512 });
        Assert.True(decoder.CanTrim);
        var prompt = model.Vocabulary.Tokenize("<|im_start|>user\n1+1=?<|im_end|>\n<|im_start|>assistant\n", special: true);
        Assert.Contains("2", Greedy.Text(decoder, prompt, 8), StringComparison.Ordinal);
    }
}
