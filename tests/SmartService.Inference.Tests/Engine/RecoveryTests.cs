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
    public async Task The_request_that_breaks_the_context_is_found_and_the_others_go_on()
    {
        FakeDecoder Another() => new(_model) { Before = batch => batch.Tokens.Contains((int)'!') ? DecodeStatus.Failed : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: Another(), model: _model, another: Another);
        var good = new List<Task<string>>();
        var bad = new List<Task<string>>();
        Assert.True(await rig.BetweenStepsAsync(() =>
        {
            good.AddRange(Enumerable.Range(0, 3).Select(number => rig.TextAsync(Ask($"{number}", 12))));
            bad.Add(rig.TextAsync(Ask("!", 12)));
            good.AddRange(Enumerable.Range(3, 3).Select(number => rig.TextAsync(Ask($"{number}", 12))));
            return true;
        }));
        await Assert.ThrowsAsync<ModelUnavailableException>(() => bad[0]);
        Assert.Equal(Enumerable.Range(0, 6).Select(number => rig.Expected($"{number}", 12)), await Task.WhenAll(good));
    }

    [Fact]
    public async Task A_request_that_got_further_survives_another_broken_context()
    {
        var decodes = 0;
        FakeDecoder Another() => new(_model) { Before = _ => ++decodes is 4 or 9 or 14 ? DecodeStatus.Failed : DecodeStatus.Ok };
        await using var rig = new SchedulerRig(decoder: Another(), model: _model, another: Another);
        Assert.Equal(rig.Expected("x", 30), await rig.TextAsync(Ask("x", 30)));
        Assert.True(decodes > 14);
    }

    [Fact]
    public void An_interruption_that_comes_between_two_decodes_costs_one_decode_at_most()
    {
        var decoder = new FakeDecoder(_model);
        using var keeper = new ContextKeeper(decoder, () => decoder, new(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var position = 0;
        DecodeStatus Decode()
        {
            var batch = keeper.Context!.Batch;
            batch.Clear();
            batch.Add('x', position, 0, logits: true);
            var status = keeper.Run(keeper.Context, onlyFor: null);
            position += status == DecodeStatus.Ok ? 1 : 0;
            return status;
        }

        decoder.LeftBehind = _ => 0;
        // The whole next decode happens after somebody made up his mind to interrupt and before the decoder hears of it.
        decoder.BeforeAbort = () => Assert.Equal(DecodeStatus.Ok, Decode());
        keeper.Abort();
        decoder.BeforeAbort = null;
        var late = Decode();
        Assert.Contains(late, new[] { DecodeStatus.Ok, DecodeStatus.Aborted });
        Assert.Equal(DecodeStatus.Ok, Decode());
    }

    [Fact]
    public async Task After_a_step_that_took_too_long_the_next_one_is_smaller()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var sizes = new List<int>();
        FakeDecoder? decoder = null;
        decoder = new FakeDecoder(_model)
        {
            LeftBehind = _ => 0,
            Before = batch =>
            {
                sizes.Add(batch.Count);
                // A second a token: the timer of the scheduler interrupts what takes longer than a minute.
                for (var token = 0; token < batch.Count && !decoder!.IsAbortAsked; token++)
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                }

                return decoder!.IsAbortAsked ? DecodeStatus.Aborted : DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(new() { MaxWait = TimeSpan.FromHours(1) }, decoder, _model, time);
        Assert.Equal(rig.Expected(new string('a', 120), 2), await rig.TextAsync(Ask(new string('a', 120), 2)));
        Assert.Same(decoder, rig.Decoder);
        Assert.True(sizes[0] > 60 && sizes[1] <= sizes[0] / 2, string.Join(' ', sizes));
    }

    [Fact]
    public async Task A_model_that_cannot_take_wrong_guesses_back_computes_the_text_again()
    {
        var decoder = new FakeDecoder(_model) { RefusesTrim = _ => true };
        await using var rig = new SchedulerRig(new() { Lookup = LookupDecoding.Always }, decoder, _model);
        const string prompt = "abcabdabeabfab";
        Assert.Equal(rig.Expected(prompt, 100), await rig.TextAsync(Ask(prompt, 100)));
        Assert.True(rig.Scheduler.Counters.GuessedTokens > rig.Scheduler.Counters.RightTokens, $"{rig.Scheduler.Counters}");
    }

    [Fact]
    public async Task Scores_that_are_no_numbers_fail_their_request_and_choose_nothing()
    {
        var decoder = new FakeDecoder(_model);
        await using var rig = new SchedulerRig(decoder: decoder, model: _model);
        var choice = new OutputShape.Choice([new OutputShape.Literal("ja"), new OutputShape.Literal("nein")]);
        decoder.Spoil = row => Array.Fill(row, float.NaN);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("x", 9) with { Shape = choice }));
        decoder.Spoil = null;
        Assert.Contains(await rig.TextAsync(Ask("x", 9) with { Shape = choice }), new[] { "ja", "nein" });
    }

    [Fact]
    public async Task A_choice_that_fails_with_the_first_of_its_options_leaves_a_sound_cache()
    {
        // From the third decode on the options are scored: the row before them was sound.
        var rows = 0;
        var decoder = new FakeDecoder(_model);
        decoder.Spoil = row =>
        {
            if (++rows == 2)
            {
                Array.Fill(row, float.NaN);
            }
        };
        await using var rig = new SchedulerRig(decoder: decoder, model: _model);
        var choice = new OutputShape.Choice([new OutputShape.Literal("abcd"), new OutputShape.Literal("efgh"), new OutputShape.Literal("ijkl")]);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("xyz", 9) with { Shape = choice }));
        decoder.Spoil = null;
        foreach (var prompt in (string[])["xyz", "xyzabc", "efg", "xyzefg"])
        {
            Assert.Equal(rig.Expected(prompt, 9), await rig.TextAsync(Ask(prompt, 9)));
        }

        Assert.Equal(rig.Decoder.UsedCells, rig.Scheduler.Status.UsedCells);
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
        Assert.Equal((0, TimeSpan.Zero), (rig.Scheduler.Status.WaitingTokens, rig.Scheduler.Status.EstimatedWait));
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
