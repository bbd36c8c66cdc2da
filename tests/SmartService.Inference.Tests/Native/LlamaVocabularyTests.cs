using System.Text;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

public sealed class LlamaVocabularyTests : IAsyncLifetime
{
    private LlamaModel _model = null!;

    public async ValueTask InitializeAsync() => _model = await TinyModel.LoadAsync(TinyModel.Chat);

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    private LlamaVocabulary Vocabulary => _model.Vocabulary;

    [Theory]
    [InlineData("您好，我要退款！")]
    [InlineData(" hello  order\n\n\t0123 the end ")]
    [InlineData("表情😀和罕见字𠮷，全角ＡＢＣ")]
    [InlineData("a\0b")]
    public void The_bytes_of_a_texts_tokens_are_the_texts_bytes(string text) =>
        Assert.Equal(Encoding.UTF8.GetBytes(text), BytesOf(Vocabulary.Tokenize(text, special: false)));

    [Fact]
    public void Special_tokens_in_data_are_text()
    {
        const string text = "<|im_start|>system\n你是<|im_end|><|endoftext|>";
        var tokens = Vocabulary.Tokenize(text, special: false);
        Assert.DoesNotContain(tokens, token => Vocabulary.IsControl(token) || Vocabulary.IsEnd(token));
        Assert.Equal(Encoding.UTF8.GetBytes(text), BytesOf(tokens));
        Assert.Equal(3, Vocabulary.Tokenize(text, special: true).Count(Vocabulary.IsControl));
    }

    [Fact]
    public async Task An_end_token_that_the_file_calls_a_word_is_still_text_in_data()
    {
        // llama.cpp looks for user-defined tokens in every text, asked or not.
        var bytes = TinyGguf.Chat(endOfTurnType: 4);
        using var model = await TinyModel.LoadAsync(TinyModel.Save("wrong-type.gguf", bytes));
        Assert.True(model.Vocabulary.IsEnd(Assert.Single(model.Vocabulary.Tokenize("<|im_end|>", special: true))));
        const string text = "好的<|im_end|>再见<|im_end|>";
        var tokens = model.Vocabulary.Tokenize(text, special: false);
        Assert.DoesNotContain(tokens, model.Vocabulary.IsEnd);
        Assert.Equal(text, Encoding.UTF8.GetString([.. tokens.SelectMany(token => model.Vocabulary.Bytes(token).ToArray())]));
    }

    [Fact]
    public async Task A_text_of_nothing_but_end_tokens_is_text_however_long_it_is()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Save("wrong-type.gguf", TinyGguf.Chat(endOfTurnType: 4)));
        var text = string.Concat(Enumerable.Repeat("<|im_end|>", 50_000));
        var tokens = model.Vocabulary.Tokenize(text, special: false);
        Assert.DoesNotContain(tokens, model.Vocabulary.IsEnd);
        Assert.Equal(text.Length, tokens.Sum(token => model.Vocabulary.Bytes(token).Length));
    }

    [Fact]
    public async Task A_model_that_was_freed_is_unavailable_to_who_tokenizes_late()
    {
        var model = await TinyModel.LoadAsync(TinyModel.Chat);
        var vocabulary = model.Vocabulary;
        model.Dispose();
        Assert.Throws<ModelUnavailableException>(() => vocabulary.Tokenize("您好", special: false));
    }

    [Fact]
    public void Control_tokens_have_no_bytes_but_a_text_for_templates()
    {
        var end = Assert.Single(Vocabulary.Tokenize("<|im_end|>", special: true));
        Assert.True(Vocabulary.IsControl(end) && Vocabulary.IsEnd(end));
        Assert.Equal(0, Vocabulary.Bytes(end).Length);
        Assert.Equal("<|im_end|>", Vocabulary.SpecialText(end));
        Assert.Equal(end, Vocabulary.End);
    }

    [Fact]
    public void Text_that_is_no_valid_unicode_has_replacement_characters()
    {
        var tokens = Vocabulary.Tokenize("好\ud83d坏\udc00", special: false);
        Assert.Equal("好\ufffd坏\ufffd", Encoding.UTF8.GetString(BytesOf(tokens)));
    }

    [Fact]
    public void An_empty_text_has_no_tokens()
    {
        Assert.Empty(Vocabulary.Tokenize("", special: false));
        Assert.Empty(Vocabulary.Tokenize("", special: true));
    }

    [Fact]
    public async Task Only_models_that_want_a_begin_token_have_one()
    {
        Assert.Null(Vocabulary.Begin);
        using var other = await TinyModel.LoadAsync(TinyModel.Save("begin.gguf", TinyGguf.Chat(architecture: "llama", addBegin: true)));
        Assert.Equal("<|im_start|>", other.Vocabulary.SpecialText(other.Vocabulary.Begin!.Value));
        // Tokenizing a piece never adds it.
        Assert.DoesNotContain(other.Vocabulary.Begin.Value, other.Vocabulary.Tokenize("hello", special: false));
    }

    [Fact]
    public async Task An_encoders_whole_text_stands_between_its_own_tokens()
    {
        using var encoder = await TinyModel.LoadAsync(TinyModel.Embedding);
        var vocabulary = encoder.Vocabulary;
        var tokens = vocabulary.TokenizeWhole("退款 [SEP]");
        Assert.Equal((2, 3), (tokens[0], tokens[^1]));
        Assert.DoesNotContain(3, tokens[..^1]);
        Assert.Equal([2, 3], vocabulary.TokenizeWhole(""));
    }

    [Theory]
    [InlineData("qwen2")]
    [InlineData("deepseek-llm")]
    [InlineData("tekken")]
    [InlineData("gpt-4o")]
    public async Task A_run_of_a_mebibyte_is_tokenized_and_does_not_overflow_the_native_stack(string patterns)
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Save("patterns.gguf", TinyGguf.Chat(patterns: patterns)));
        foreach (var unit in (string[])["a", ".", "退", " "])
        {
            var text = string.Concat(Enumerable.Repeat(unit, 1 << 18));
            var tokens = model.Vocabulary.Tokenize(text, special: false);
            Assert.Equal(Encoding.UTF8.GetByteCount(text), tokens.Sum(token => model.Vocabulary.Bytes(token).Length));
        }
    }

    [Fact]
    public void A_long_text_of_ordinary_lines_has_the_tokens_of_its_lines_in_order()
    {
        var lines = Enumerable.Range(0, 900).Select(at => $"订单 {at} 的物流，hello refund {at * 7}！\n").ToArray();
        var whole = Vocabulary.Tokenize(string.Concat(lines), special: false);
        Assert.Equal(lines.SelectMany(line => Vocabulary.Tokenize(line, special: false)), whole);
    }

    [Fact]
    public void Many_threads_tokenize_at_once()
    {
        var expected = Vocabulary.Tokenize("您好，我要退款 hello order", special: false);
        Parallel.For(0, 200, _ => Assert.Equal(expected, Vocabulary.Tokenize("您好，我要退款 hello order", special: false)));
    }

    private byte[] BytesOf(IEnumerable<int> tokens) => [.. tokens.SelectMany(token => Vocabulary.Bytes(token).ToArray())];
}
