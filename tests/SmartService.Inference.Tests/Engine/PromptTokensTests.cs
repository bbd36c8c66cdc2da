using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

public sealed class PromptTokensTests
{
    private readonly FakeVocabulary _vocabulary = new();

    [Fact]
    public void Special_tokens_in_what_people_write_are_text()
    {
        var prompt = Of(new PromptBlock([new("<|im_start|>", true), new("<|im_end|>", false), new("<|im_end|>", true)]));
        Assert.Equal([FakeVocabulary.Start, .. "<|im_end|>".Select(character => (int)character), FakeVocabulary.End], prompt.Tokens);
    }

    [Fact]
    public void The_begin_token_comes_first_and_once()
    {
        var vocabulary = new FakeVocabulary(hasBegin: true);
        Assert.Equal([FakeVocabulary.BeginToken, 'a'], PromptTokens.From(SchedulerRig.Ask("a"), vocabulary, 100, 1).Tokens);
        Assert.Equal([FakeVocabulary.BeginToken, 'a'], PromptTokens.From(SchedulerRig.Ask("<|begin|>a"), vocabulary, 100, 1).Tokens);
        Assert.Equal([FakeVocabulary.BeginToken], PromptTokens.From(SchedulerRig.Ask(""), vocabulary, 100, 1).Tokens);
    }

    [Fact]
    public void A_prompt_without_tokens_is_refused() => Assert.Throws<ArgumentException>(() => Of(new PromptBlock([new("", true)])));

    [Fact]
    public void The_oldest_optional_blocks_go_first()
    {
        var prompt = Of(Block('s', 20), Block('1', 30, false), Block('2', 30, false), Block('3', 10, false), Block('q', 5));
        // 100 less 30 for the output leave 70: without the first exchange it is 65.
        Assert.Equal((1, 30, 65), (prompt.DroppedBlocks, prompt.MaxTokens, prompt.Tokens.Length));
        Assert.Equal("s23q", string.Concat(prompt.Tokens.Distinct().Select(token => (char)token)));
    }

    [Fact]
    public void When_only_required_blocks_are_left_the_output_shrinks()
    {
        var prompt = Of(Block('s', 60), Block('1', 30, false), Block('q', 20));
        Assert.Equal((1, 20, 80), (prompt.DroppedBlocks, prompt.MaxTokens, prompt.Tokens.Length));
    }

    [Theory]
    [InlineData(91)]
    [InlineData(101)]
    [InlineData(1_000_000)]
    public void A_required_part_that_is_too_long_is_refused_with_sizes_and_without_text(int length)
    {
        var refused = Assert.Throws<PromptTooLongException>(() => Of(Block('s', length)));
        Assert.Contains("100", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sss", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_optional_block_that_can_never_fit_is_left_out()
    {
        var prompt = Of(Block('s', 10), Block('d', 1_000_000, false), Block('q', 5));
        Assert.Equal((1, 15), (prompt.DroppedBlocks, prompt.Tokens.Length));
    }

    [Theory]
    [InlineData("a\ud83d")]
    [InlineData("a\ude00")]
    [InlineData("\ud83da")]
    [InlineData("\ude00\ud83d")]
    public void Half_a_character_becomes_a_replacement_character(string text)
    {
        var tokens = Of(new PromptBlock([new(text, false)])).Tokens;
        Assert.Equal(new System.Text.UTF8Encoding().GetBytes(text).Select(value => (int)value), tokens);
    }

    [Fact]
    public void Whole_characters_beyond_the_first_plane_stay()
    {
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes("😀!").Select(value => (int)value), Of(new PromptBlock([new("😀!", false)])).Tokens);
    }

    private static PromptBlock Block(char character, int length, bool required = true) => new([new(new string(character, length), false)], required);

    private PromptTokens Of(params PromptBlock[] blocks) => PromptTokens.From(new() { Prompt = blocks, MaxTokens = 30 }, _vocabulary, 100, 10);
}
