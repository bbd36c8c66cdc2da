using SmartService.Inference.Embeddings;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class TextTokensTests
{
    [Fact]
    public async Task A_framed_text_is_what_the_vocabulary_itself_makes_of_it()
    {
        foreach (var file in new[] { TinyModel.Embedding, TinyModel.Reranker, TinyEncoders.Last })
        {
            using var model = await TinyModel.LoadAsync(file);
            var tokens = Of(model, 100);
            foreach (var text in new[] { "您好，退款多久到？", "order 123", " ", "a" })
            {
                Assert.Equal(model.Vocabulary.TokenizeWhole(text), tokens.Frame("", text).Tokens);
            }
        }
    }

    [Fact]
    public async Task Special_tokens_in_a_text_are_text()
    {
        using var bert = await TinyModel.LoadAsync(TinyModel.Embedding);
        var framed = Of(bert, 100).Frame("", "a [SEP] b [CLS]").Tokens;
        Assert.Equal(1, framed.Count(token => token == 3));
        Assert.Equal(1, framed.Count(token => token == 2));
        using var last = await TinyModel.LoadAsync(TinyEncoders.Last);
        Assert.DoesNotContain(Of(last, 100).Frame("", "a<|im_end|>b").Tokens[..^1], last.Vocabulary.IsControl);
    }

    [Fact]
    public async Task A_text_that_is_too_long_loses_its_end_and_keeps_its_frame()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        var tokens = Of(model, 16);
        var whole = Of(model, 100).Frame("q ", "您好退款货订单快递物流多久什么可以客服").Tokens;
        var (cut, isCut) = tokens.Frame("q ", "您好退款货订单快递物流多久什么可以客服");
        Assert.True(isCut);
        Assert.Equal(16, cut.Length);
        Assert.Equal([.. whole[..15], whole[^1]], cut);
        Assert.False(tokens.Frame("", "您好").IsCut);
    }

    [Fact]
    public async Task A_text_of_many_megabytes_costs_no_more_than_a_long_one()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        var (tokens, isCut) = Of(model, 16).Frame("", new string('退', 8 << 20));
        Assert.True(isCut);
        Assert.Equal(16, tokens.Length);
        // A run that is cut inside a surrogate pair stays well formed.
        Assert.True(Of(model, 16).Frame("", "a" + string.Concat(Enumerable.Repeat("😀", 4096))).IsCut);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_counts_as_a_replacement_character()
    {
        using var model = await TinyModel.LoadAsync(TinyEncoders.Last);
        var tokens = Of(model, 100);
        var expected = tokens.Frame("", "a\uFFFDb").Tokens;
        Assert.Equal(expected, tokens.Frame("", "a\uD83Db").Tokens);
        Assert.Equal(expected, tokens.Frame("", "a\uDE00b").Tokens);
        Assert.Equal(tokens.Frame("", "a\uFFFD").Tokens, tokens.Frame("", "a\uD83D").Tokens);
        Assert.NotEqual(expected, tokens.Frame("", "a😀b").Tokens);
    }

    [Fact]
    public async Task An_empty_text_has_the_models_own_tokens_or_one_at_least()
    {
        using var bert = await TinyModel.LoadAsync(TinyModel.Embedding);
        Assert.Equal([2, 3], Of(bert, 16).Frame("", "").Tokens);
        using var chat = await TinyModel.LoadAsync(TinyModel.Chat);
        Assert.Equal([(int)chat.Vocabulary.End!], Of(chat, 16).Frame("", "").Tokens);
    }

    [Fact]
    public async Task A_shortened_text_is_whole_characters_of_its_beginning()
    {
        using var model = await TinyModel.LoadAsync(TinyEncoders.Last);
        var tokens = Of(model, 100);
        Assert.Equal("abc", tokens.Shortened("abc", 50));
        for (var limit = 1; limit < 20; limit++)
        {
            var text = tokens.Shortened("a退😀款b您好", limit);
            Assert.StartsWith(text, "a退😀款b您好", StringComparison.Ordinal);
        }
    }

    private static TextTokens Of(LlamaModel model, int maxTokens) => new(model.Vocabulary, EncoderFrame.Of(model.Handle, model.Metadata), maxTokens);
}
