using SmartService.Inference.Engine;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class PrefixSharingTests
{
    private static readonly string s_system = "<|im_start|>" + new string('s', 200);

    [Fact]
    public async Task Newcomers_with_one_system_prompt_compute_it_once()
    {
        await using var rig = new SchedulerRig();
        var texts = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => rig.RunAsync(Ask($"{s_system}{number}", 4))));
        Assert.Equal(Enumerable.Range(0, 8).Select(number => rig.Expected($"{s_system}{number}", 4)), texts.Select(text => text.Text));
        // 201 once, and for each its number and its output.
        Assert.InRange(rig.Decoder.DecodedTokens, 201, 201 + (8 * 5));
        Assert.Equal(7, texts.Count(text => text.Last.Usage!.CachedTokens == 201));
    }

    [Fact]
    public async Task What_an_earlier_request_computed_is_there_for_the_next()
    {
        await using var rig = new SchedulerRig();
        await rig.RunAsync(Ask(s_system + "a", 1));
        var (text, last) = await rig.RunAsync(Ask(s_system + "b"));
        Assert.Equal(rig.Expected(s_system + "b"), text);
        Assert.Equal(201, last.Usage!.CachedTokens);
        Assert.Equal(201, rig.Scheduler.Counters.ReusedTokens);
    }

    [Fact]
    public async Task The_next_turn_of_a_conversation_continues_its_own_sequence()
    {
        await using var rig = new SchedulerRig();
        var first = await rig.TextAsync(Ask("<|im_start|>问a", 20) with { Conversation = "c" });
        var (text, last) = await rig.RunAsync(Ask($"<|im_start|>问a{first}<|im_end|>b", 20) with { Conversation = "c" });
        Assert.Equal(rig.Expected($"<|im_start|>问a{first}<|im_end|>b", 20), text);
        Assert.True(last.Usage!.CachedTokens > 2);
        Assert.Equal(1, await rig.BetweenStepsAsync(() => rig.Decoder.UsedSequences));
    }

    [Fact]
    public async Task A_prompt_that_is_computed_whole_still_has_its_last_token_decoded()
    {
        await using var rig = new SchedulerRig();
        var first = await rig.RunAsync(Ask("<|im_start|>abcdefgh", 3));
        var second = await rig.RunAsync(Ask("<|im_start|>abcdefgh", 3));
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(8, second.Last.Usage!.CachedTokens);
    }

    [Fact]
    public async Task A_request_for_no_tokens_computes_its_prompt_for_others()
    {
        await using var rig = new SchedulerRig();
        Assert.Equal("", await rig.TextAsync(Ask(s_system, 0)));
        Assert.Equal(201, (await rig.RunAsync(Ask(s_system + "x", 2))).Last.Usage!.CachedTokens);
    }

    [Fact]
    public async Task A_cache_that_cannot_be_cut_shares_whole_sequences_only()
    {
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(decoder: new FakeDecoder(model) { CanTrim = false }, model: model);
        await rig.RunAsync(Ask(s_system, 0));
        Assert.Equal(201, (await rig.RunAsync(Ask(s_system + "a", 2))).Last.Usage!.CachedTokens);
        // That one took the sequence over or copied it and went on; what is left ends differently.
        var (text, _) = await rig.RunAsync(Ask(s_system + "b", 8));
        Assert.Equal(rig.Expected(s_system + "b", 8), text);
    }

    [Fact]
    public async Task Kept_sequences_stay_within_their_share_of_the_cache()
    {
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { RetainedShare = 0.25 }, new FakeDecoder(model) { Cells = 400, ContextTokens = 400 }, model);
        for (var number = 0; number < 20; number++)
        {
            await rig.RunAsync(Ask($"{(char)('a' + number)}{new string('x', 30)}", 8) with { Conversation = $"{number}" });
            Assert.InRange(await rig.BetweenStepsAsync(() => rig.Decoder.UsedCells), 0, 100);
        }

        Assert.True(rig.Scheduler.Counters.Evictions > 10);
    }

    [Fact]
    public async Task A_shared_beginning_outlives_the_sequences_that_ended_differently()
    {
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { RetainedShare = 0.9 }, new FakeDecoder(model) { Cells = 600, ContextTokens = 600 }, model);
        for (var number = 0; number < 30; number++)
        {
            var (_, last) = await rig.RunAsync(Ask($"{s_system}{(char)('a' + number)}{new string('x', 60)}", 8));
            Assert.Equal(number == 0 ? 0 : 201, last.Usage!.CachedTokens);
        }
    }

    [Fact]
    public async Task Without_retention_nothing_is_kept()
    {
        await using var rig = new SchedulerRig(new() { RetainedShare = 0 });
        await rig.RunAsync(Ask(s_system, 4) with { Conversation = "c" });
        Assert.Equal(0, await rig.BetweenStepsAsync(() => rig.Decoder.UsedCells));
        Assert.Equal(0, (await rig.RunAsync(Ask(s_system, 4))).Last.Usage!.CachedTokens);
    }
}
