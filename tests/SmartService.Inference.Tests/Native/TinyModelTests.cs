using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

public sealed class TinyModelTests
{
    [Fact]
    public async Task The_tiny_chat_model_loads_and_different_prefixes_have_different_continuations()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Chat);
        Assert.Equal(("tiny", "qwen2", 4096), (model.Name, model.Architecture, model.TrainedContext));
        using var decoder = TinyModel.NewDecoder(model);
        var texts = new HashSet<string>();
        foreach (var prompt in (string[])["您好，我要退款", "您好，我要退货", "hello", "order 0", "我的快递到了吗？"])
        {
            decoder.Clear();
            texts.Add(Greedy.Text(decoder, model.Vocabulary.Tokenize(prompt, special: false), 24));
        }

        Assert.Equal(5, texts.Count);
        Assert.All(texts, text => Assert.True(text.Distinct().Count() > 8, "a text repeats itself"));
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("llama", true)]
    [InlineData("qwen2", true)]
    public async Task Other_architectures_and_half_precision_load_too(string architecture, bool half)
    {
        var path = TinyModel.Save("tiny.gguf", TinyGguf.Chat(architecture: architecture, half: half));
        using var model = await TinyModel.LoadAsync(path);
        using var decoder = TinyModel.NewDecoder(model);
        Assert.Equal(8, Greedy.Tokens(decoder, model.Vocabulary.Tokenize("您好", special: false), 8).Count);
    }
}
