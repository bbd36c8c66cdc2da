using SmartService.Inference.Embeddings;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class EncoderFactsTests
{
    [Fact]
    public void The_file_says_how_tokens_become_one_vector_and_whether_they_look_both_ways()
    {
        var facts = Of(("general.architecture", "bert"), ("general.name", "m"), ("bert.attention.causal", "false"), ("bert.pooling_type", "2"));
        Assert.Equal(new EncoderFacts("m", "bert", 512, IsCausal: false, EncoderPooling.First), facts);
    }

    [Fact]
    public void Without_a_pooling_a_model_that_looks_both_ways_takes_the_mean_and_one_that_looks_back_the_last()
    {
        Assert.Equal(EncoderPooling.Mean, Of(("general.architecture", "bert"), ("bert.attention.causal", "false"), ("bert.pooling_type", "0")).Pooling);
        Assert.Equal(EncoderPooling.Last, Of(("general.architecture", "qwen3")).Pooling);
        Assert.Equal(EncoderPooling.Last, Of(("general.architecture", "qwen3"), ("qwen3.pooling_type", "99")).Pooling);
        Assert.Equal(EncoderPooling.Mean, Of(("general.architecture", "gemma-embedding")).Pooling);
    }

    [Fact]
    public void A_file_without_a_name_is_called_what_the_caller_says() => Assert.Equal("file", Of(("general.architecture", "bert"), ("general.name", " ")).Name);

    [Fact]
    public void A_text_is_as_long_as_the_model_was_trained_for_but_not_thousands_of_tokens_unless_asked()
    {
        var facts = Of(("general.architecture", "bert"), ("bert.attention.causal", "false"));
        Assert.Equal(new EncoderLimits(512, 512, 512), EncoderLimits.Of(facts, 0));
        Assert.Equal(new EncoderLimits(100, 512, 512), EncoderLimits.Of(facts, 100));
        Assert.Equal(512, EncoderLimits.Of(facts, 4000).MaxTokens);
        Assert.Equal(1024, EncoderLimits.Of(facts with { TrainedTokens = 8192 }, 0).MaxTokens);
        Assert.Equal(new EncoderLimits(8192, 8192, 8192), EncoderLimits.Of(facts with { TrainedTokens = 8192 }, 8192));
    }

    [Fact]
    public void Only_a_text_whose_last_token_knows_all_others_can_be_split()
    {
        var last = Of(("general.architecture", "qwen3"), ("qwen3.pooling_type", "3"));
        Assert.True(LlamaEncoder.CanSplitTexts(last));
        Assert.True(LlamaEncoder.CanSplitTexts(last with { Pooling = EncoderPooling.Rank }));
        Assert.False(LlamaEncoder.CanSplitTexts(last with { Pooling = EncoderPooling.Mean }));
        Assert.False(LlamaEncoder.CanSplitTexts(last with { IsCausal = false }));
        Assert.False(LlamaEncoder.CanSplitTexts(last with { Architecture = "llama", Pooling = EncoderPooling.Rank }));
    }

    private static EncoderFacts Of(params (string Key, string Value)[] metadata) =>
        EncoderFacts.Of(metadata.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal), "file", 512);
}
