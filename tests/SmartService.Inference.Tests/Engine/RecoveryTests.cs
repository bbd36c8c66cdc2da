using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

/// <summary>Full caches, interrupted, refused and failed decodes.</summary>
public sealed class RecoveryTests
{
    private readonly FakeModel _model = new(new FakeVocabulary()) { AverageLength = 1_000_000 };

    [Fact]
    public async Task In_a_full_cache_kept_sequences_make_room_first()
    {
        await using var rig = new SchedulerRig(new() { RetainedShare = 1 }, new FakeDecoder(_model) { Cells = 200, ContextTokens = 200 }, _model);
        await rig.RunAsync(Ask(new string('a', 90), 8) with { Conversation = "old" });
        await rig.RunAsync(Ask(new string('b', 90), 8) with { Conversation = "new" });
        Assert.Equal(rig.Expected(new string('c', 50), 30), await rig.TextAsync(Ask(new string('c', 50), 30)));
        Assert.Equal(0, rig.Scheduler.Counters.Preemptions);
        Assert.Equal(97, (await rig.RunAsync(Ask($"{new string('b', 90)}{rig.Expected(new string('b', 90), 8)}x", 1) with { Conversation = "new" })).Last.Usage!.CachedTokens);
    }

    [Fact]
    public async Task When_running_texts_outgrow_the_cache_the_youngest_starts_over_and_nobody_sees_it()
    {
        await using var rig = new SchedulerRig(decoder: new FakeDecoder(_model) { Cells = 300, ContextTokens = 300 }, model: _model);
        var texts = await Task.WhenAll(Enumerable.Range(0, 5).Select(number => rig.TextAsync(Ask($"问 {number}", 150))));
        Assert.Equal(Enumerable.Range(0, 5).Select(number => rig.Expected($"问 {number}", 150)), texts);
        Assert.True(rig.Scheduler.Counters.Preemptions > 0);
    }

    [Fact]
    public async Task Background_requests_make_room_before_interactive_ones()
    {
        await using var rig = new SchedulerRig(decoder: new FakeDecoder(_model) { Cells = 300, ContextTokens = 300 }, model: _model);
        var background = rig.RunAsync(Ask("b", 200) with { Class = RequestClass.Background });
        await using var reader = rig.Scheduler.GenerateAsync(Ask("c", 200), CancellationToken.None).GetAsyncEnumerator();
        var text = "";
        while (await reader.MoveNextAsync())
        {
            text += reader.Current.Text;
        }

        Assert.False(background.IsCompleted && rig.Scheduler.Counters.Preemptions == 0);
        Assert.Equal(rig.Expected("c", 200), text);
        Assert.Equal(rig.Expected("b", 200), (await background).Text);
    }

    [Fact]
    public async Task A_text_that_fills_the_context_ends_there()
    {
        await using var rig = new SchedulerRig(new() { MinOutputTokens = 16 }, new FakeDecoder(_model) { Cells = 64, ContextTokens = 64 }, _model);
        var (text, last) = await rig.RunAsync(Ask(new string('x', 40), 100));
        Assert.Equal(FinishReason.Length, last.Finish);
        Assert.Equal(24, last.Usage!.OutputTokens);
        Assert.Equal(rig.Expected(new string('x', 40), 24), text);
    }

    [Fact]
    public async Task An_interrupted_decode_is_taken_up_where_it_stopped()
    {
        var decodes = 0;
        var decoder = new FakeDecoder(_model) { Before = _ => ++decodes % 3 == 0 ? DecodeStatus.Aborted : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: decoder, model: _model);
        var prompts = Enumerable.Range(0, 6).Select(number => $"{number}{new string('x', 30 * number)}").ToList();
        var texts = await Task.WhenAll(prompts.Select(prompt => rig.TextAsync(Ask(prompt, 20))));
        Assert.Equal(prompts.Select(prompt => rig.Expected(prompt, 20)), texts);
    }

    [Fact]
    public async Task A_malformed_request_fails_alone()
    {
        var decoder = new FakeDecoder(_model) { Before = batch => batch.Tokens.Contains((int)'!') ? DecodeStatus.Invalid : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: decoder, model: _model);
        var good = Enumerable.Range(0, 4).Select(number => rig.TextAsync(Ask($"{number}", 12))).ToList();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("abc!", 12)));
        Assert.Equal(Enumerable.Range(0, 4).Select(number => rig.Expected($"{number}", 12)), await Task.WhenAll(good));
    }

    [Fact]
    public async Task After_a_broken_context_everything_starts_over_in_a_new_one()
    {
        var decodes = 0;
        var first = new FakeDecoder(_model) { Before = _ => ++decodes == 8 ? DecodeStatus.Failed : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: first, model: _model);
        var texts = await Task.WhenAll(Enumerable.Range(0, 5).Select(number => rig.TextAsync(Ask($"问 {number}", 30))));
        Assert.Equal(Enumerable.Range(0, 5).Select(number => rig.Expected($"问 {number}", 30)), texts);
        Assert.True(first.IsDisposed);
        Assert.NotSame(first, rig.Decoder);
    }

    [Fact]
    public async Task A_decoder_that_throws_counts_as_broken()
    {
        var first = new FakeDecoder(_model) { Before = _ => throw new InvalidOperationException("native") };
        await using var rig = new SchedulerRig(decoder: first, model: _model);
        Assert.Equal(rig.Expected("x", 9), await rig.TextAsync(Ask("x", 9)));
    }

    [Fact]
    public async Task A_request_that_breaks_the_context_twice_fails()
    {
        FakeDecoder Another() => new(_model) { Before = batch => batch.Tokens.Contains((int)'!') ? DecodeStatus.Failed : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: Another(), model: _model, another: Another);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("!", 9)));
        Assert.Equal(rig.Expected("x", 9), await rig.TextAsync(Ask("x", 9)));
    }

    [Fact]
    public async Task When_no_context_can_be_made_requests_fail_with_the_reason()
    {
        var first = new FakeDecoder(_model) { Before = _ => DecodeStatus.Failed };
        var tries = 0;
        await using var rig = new SchedulerRig(decoder: first, model: _model, another: () => ++tries < 2 ? throw new InvalidOperationException("out of memory") : new FakeDecoder(_model));
        var failure = await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("x", 9)));
        Assert.Contains("out of memory", failure.Message, StringComparison.Ordinal);
        Assert.False(rig.Scheduler.Status.IsReady);
        Assert.Equal(failure.Message, rig.Scheduler.Status.Problem);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("y", 9)));
        Assert.Equal(1, tries);
    }

    [Fact]
    public async Task Rows_that_are_no_numbers_fail_their_request_with_a_sentence()
    {
        var decoder = new FakeDecoder(_model) { Spoil = row => Array.Fill(row, float.NaN) };
        await using var rig = new SchedulerRig(decoder: decoder, model: _model);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("x", 9)));
        decoder.Spoil = null;
        Assert.Equal(rig.Expected("y", 9), await rig.TextAsync(Ask("y", 9)));
    }
}
