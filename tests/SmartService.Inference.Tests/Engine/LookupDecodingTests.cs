using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class LookupDecodingTests
{
    private readonly FakeModel _quoting = new(new FakeVocabulary(), IsRepetitive: true) { AverageLength = 400 };

    [Theory]
    [InlineData(0f)]
    [InlineData(0.3f)]
    public async Task Guessing_changes_no_text_and_saves_steps(float temperature)
    {
        await using var plain = new SchedulerRig(new() { Lookup = LookupDecoding.Off }, model: _quoting);
        await using var guessing = new SchedulerRig(new() { Lookup = LookupDecoding.Always, MaxDraftTokens = 4 }, model: _quoting);
        for (ulong number = 0; number < 20; number++)
        {
            var request = Ask($"<|im_start|>请问 {number}", 200) with { Sampling = new() { Temperature = temperature, TopK = 3, Seed = number, RepetitionPenalty = 1.01f } };
            var (expected, expectedLast) = await plain.RunAsync(request);
            var (text, last) = await guessing.RunAsync(request);
            Assert.Equal(expected, text);
            Assert.Equal(expectedLast.Usage!.OutputTokens, last.Usage!.OutputTokens);
        }

        Assert.True(guessing.Scheduler.Counters.RightTokens > 50, $"{guessing.Scheduler.Counters}");
        Assert.Equal(plain.Decoder.Decodes - guessing.Decoder.Decodes, guessing.Scheduler.Counters.RightTokens);
    }

    [Fact]
    public async Task Wrong_guesses_leave_nothing_in_the_cache()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { Lookup = LookupDecoding.Always }, model: model);
        var prompt = "abcabdabeabfab";
        Assert.Equal(rig.Expected(prompt, 100), await rig.TextAsync(Ask(prompt, 100)));
        Assert.True(rig.Scheduler.Counters.GuessedTokens > 0);
        // All tokens but the last, which nobody needed.
        Assert.Equal(prompt.Length + 99, await rig.BetweenStepsAsync(() => rig.Decoder.UsedCells));
    }

    [Fact]
    public async Task A_text_that_does_not_quote_is_soon_not_guessed_any_more()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { Lookup = LookupDecoding.Adaptive }, model: model);
        await rig.TextAsync(Ask("<|im_start|>" + string.Concat(Enumerable.Range('a', 26).SelectMany(first => Enumerable.Range('a', 26).Select(second => $"{(char)first}{(char)second}"))), 1500));
        Assert.InRange(rig.Scheduler.Counters.GuessedTokens, 0, 200);
    }

    [Fact]
    public void The_latest_earlier_occurrence_is_the_guess()
    {
        Span<int> guess = stackalloc int[3];
        Assert.Equal(3, PromptLookup.Guess([1, 2, 3, 7, 1, 2, 3, 8, 9, 5, 1, 2, 3], guess));
        Assert.Equal([8, 9, 5], guess.ToArray());
        Assert.Equal(0, PromptLookup.Guess([1, 2, 3, 4, 5], guess));
        Assert.Equal(0, PromptLookup.Guess([1], guess));
        Assert.Equal(1, PromptLookup.Guess([5, 5, 5], guess[..1]));
    }

    [Fact]
    public void Longer_agreement_is_worth_more_than_a_later_place()
    {
        Span<int> guess = stackalloc int[1];
        Assert.Equal(1, PromptLookup.Guess([1, 2, 3, 4, 50, 9, 3, 4, 60, 1, 2, 3, 4], guess));
        Assert.Equal(50, guess[0]);
    }

    [Theory]
    // One text alone, a row for 8 ms beside a fixed part of 10 ms: pays from 0.45 on.
    [InlineData(0.40, 1, 10, 8, 0)]
    [InlineData(0.60, 1, 10, 8, 1)]
    [InlineData(0.95, 1, 10, 8, 3)]
    // Four texts share the fixed part: a wrong guess costs as much as somebody's token.
    [InlineData(0.60, 4, 10, 8, 0)]
    [InlineData(0.95, 4, 10, 8, 2)]
    // A GPU: rows are nearly free.
    [InlineData(0.30, 1, 10, 0.1, 2)]
    public void Guesses_are_made_where_they_pay(double acceptance, int sequences, double fixedCost, double rowCost, int expected) =>
        Assert.Equal(expected, PromptLookup.BestCount(acceptance, 3, sequences, fixedCost, rowCost));
}
