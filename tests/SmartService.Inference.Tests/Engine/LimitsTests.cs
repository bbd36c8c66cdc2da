using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

/// <summary>Cancellation, deadlines, admission, slow readers.</summary>
public sealed class LimitsTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_cancelled_request_frees_its_slot()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { Parallel = 1 }, model: model);
        using var cancellation = new CancellationTokenSource();
        var endless = rig.RunAsync(Ask("x", 4000) with { Tenant = "a" }, cancellation.Token);
        await Until(() => rig.Scheduler.Status.Running == 1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        Assert.Equal(rig.Expected("y", 5), await rig.TextAsync(Ask("y", 5) with { Tenant = "a" }).WaitAsync(s_patience));
        await Until(() => rig.Scheduler.Live == 0);
    }

    [Fact]
    public async Task Leaving_the_enumeration_cancels_the_request()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(model: model);
        await foreach (var update in rig.Scheduler.GenerateAsync(Ask("x", 4000), CancellationToken.None))
        {
            Assert.NotEmpty(update.Text);
            break;
        }

        await Until(() => rig.Scheduler.Live == 0);
        Assert.Equal(0, rig.Scheduler.Status.Running);
    }

    [Fact]
    public async Task A_request_that_is_cancelled_while_it_waits_never_runs()
    {
        using var gate = new Gate();
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { Parallel = 1 }, new FakeDecoder(model) { Before = gate.Pass }, model);
        var first = rig.RunAsync(Ask("x", 2) with { Tenant = "a" });
        await gate.Reached;
        using var cancellation = new CancellationTokenSource();
        var second = rig.RunAsync(Ask("zzzz", 2) with { Tenant = "a" }, cancellation.Token);
        await Until(() => rig.Scheduler.Status.Waiting == 1);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Open();
        await first.WaitAsync(s_patience);
        await Until(() => rig.Scheduler.Live == 0);
        Assert.InRange(rig.Decoder.DecodedTokens, 1, 3);
    }

    [Fact]
    public async Task Cancelling_the_only_request_of_a_decode_interrupts_the_decode()
    {
        var model = new FakeModel(new FakeVocabulary());
        FakeDecoder? decoder = null;
        var isInside = new TaskCompletionSource();
        decoder = new FakeDecoder(model)
        {
            Before = _ =>
            {
                isInside.TrySetResult();
                SpinWait.SpinUntil(() => decoder!.IsAbortAsked, s_patience);
                return decoder!.IsAbortAsked ? DecodeStatus.Aborted : DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(decoder: decoder, model: model);
        using var cancellation = new CancellationTokenSource();
        var running = rig.RunAsync(Ask(new string('x', 200)), cancellation.Token);
        await isInside.Task.WaitAsync(s_patience);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await Until(() => rig.Scheduler.Live == 0);
        decoder.Before = null;
        Assert.Equal(rig.Expected("y"), await rig.TextAsync(Ask("y")));
    }

    [Fact]
    public async Task A_deadline_ends_a_running_text_with_what_there_is()
    {
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        var decodes = 0;
        var decoder = new FakeDecoder(model)
        {
            Before = _ =>
            {
                if (++decodes == 5)
                {
                    time.Advance(TimeSpan.FromSeconds(11));
                }

                return DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(decoder: decoder, model: model, time: time);
        var (text, last) = await rig.RunAsync(Ask("x", 4000) with { TimeLimit = TimeSpan.FromSeconds(10) }).WaitAsync(s_patience);
        Assert.Equal(FinishReason.Deadline, last.Finish);
        Assert.StartsWith(text, rig.Expected("x", 20), StringComparison.Ordinal);
        Assert.InRange(last.Usage!.OutputTokens, 4, 6);
        Assert.Equal(TimeSpan.FromSeconds(11), last.Usage.Duration);
    }

    [Fact]
    public async Task A_deadline_ends_a_waiting_request_with_an_empty_text()
    {
        var time = new FakeTimeProvider();
        using var gate = new Gate();
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { Parallel = 1 }, new FakeDecoder(model) { Before = gate.Pass }, model, time);
        var first = rig.RunAsync(Ask("x", 2) with { Tenant = "a" });
        await gate.Reached;
        var second = rig.RunAsync(Ask("y", 2) with { Tenant = "a", TimeLimit = TimeSpan.FromSeconds(1) });
        await Until(() => rig.Scheduler.Status.Waiting == 1);
        time.Advance(TimeSpan.FromSeconds(2));
        gate.Open();
        Assert.Equal(("", FinishReason.Deadline), await second.ContinueWith(done => (done.Result.Text, done.Result.Last.Finish!.Value), TaskScheduler.Default).WaitAsync(s_patience));
        await first.WaitAsync(s_patience);
    }

    [Fact]
    public async Task More_than_may_wait_is_refused_at_once()
    {
        using var gate = new Gate();
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { Parallel = 1, MaxWaiting = 2 }, new FakeDecoder(model) { Before = gate.Pass }, model);
        var running = rig.RunAsync(Ask("x", 2) with { Tenant = "a" });
        await gate.Reached;
        var waiting = Enumerable.Range(0, 2).Select(_ => rig.RunAsync(Ask("y", 2) with { Tenant = "a" })).ToList();
        await Until(() => rig.Scheduler.Status.Waiting == 2);
        var refused = await Assert.ThrowsAsync<ModelSaturatedException>(() => rig.RunAsync(Ask("z", 2) with { Tenant = "a" }));
        Assert.InRange(refused.RetryAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        gate.Open();
        await Task.WhenAll([running, .. waiting]).WaitAsync(s_patience);
    }

    [Fact]
    public async Task Waiting_is_limited_in_prompt_tokens_too()
    {
        using var gate = new Gate();
        var model = new FakeModel(new FakeVocabulary());
        await using var rig = new SchedulerRig(new() { Parallel = 1, MaxWaitingTokens = 1000 }, new FakeDecoder(model) { Before = gate.Pass }, model);
        var running = rig.RunAsync(Ask("x", 2) with { Tenant = "a" });
        await gate.Reached;
        var waiting = rig.RunAsync(Ask(new string('y', 900), 2) with { Tenant = "a" });
        await Until(() => rig.Scheduler.Status.Waiting == 1);
        await Assert.ThrowsAsync<ModelSaturatedException>(() => rig.RunAsync(Ask(new string('z', 200), 2) with { Tenant = "a" }));
        gate.Open();
        await Task.WhenAll(running, waiting).WaitAsync(s_patience);
    }

    [Fact]
    public async Task Who_would_wait_too_long_is_refused()
    {
        // Each step takes a second of this clock, so the scheduler learns that prompts are slow.
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary());
        using var gate = new Gate();
        var decoder = new FakeDecoder(model)
        {
            BatchTokens = 16,
            Before = batch =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return batch.Tokens[0] == 'b' ? gate.Pass(batch) : DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(new() { MaxWait = TimeSpan.FromSeconds(10), Parallel = 1 }, decoder, model, time);
        await rig.RunAsync(Ask(new string('a', 160), 1)).WaitAsync(s_patience);
        var running = rig.RunAsync(Ask(new string('b', 800), 1));
        await gate.Reached;
        await Until(() => rig.Scheduler.Status.WaitingTokens > 700);
        Assert.True(rig.Scheduler.Status.EstimatedWait > TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<ModelSaturatedException>(() => rig.RunAsync(Ask("c", 1)));
        gate.Open();
        await running.WaitAsync(s_patience);
    }

    [Fact]
    public async Task Prompts_that_are_mostly_in_the_cache_do_not_count_as_work()
    {
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary());
        using var gate = new Gate();
        var decoder = new FakeDecoder(model)
        {
            BatchTokens = 16,
            Before = batch =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                return batch.Tokens.Contains((int)'!') ? gate.Pass(batch) : DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(new() { Parallel = 1, MaxWait = TimeSpan.FromSeconds(20) }, decoder, model, time);
        var system = new string('s', 400);
        for (var number = 0; number < 12; number++)
        {
            await rig.RunAsync(Ask($"{system}{number:00000000}", 1) with { Tenant = "a" }).WaitAsync(s_patience);
        }

        var running = rig.RunAsync(Ask($"{system}!", 1) with { Tenant = "a" });
        await gate.Reached;
        // 1,200 tokens of three prompts would take 40 s to compute; 30 of them are new.
        var waiting = Enumerable.Range(0, 3).Select(number => rig.RunAsync(Ask($"{system}w{number}", 1) with { Tenant = "a" })).ToList();
        await Until(() => rig.Scheduler.Status.Waiting == 3);
        Assert.InRange(rig.Scheduler.Status.EstimatedWait, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(20));
        gate.Open();
        await Task.WhenAll([running, .. waiting]).WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_short_prompt_with_a_place_is_not_refused_for_a_long_one_beside_it()
    {
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary());
        using var gate = new Gate();
        var decoder = new FakeDecoder(model)
        {
            BatchTokens = 16,
            Before = batch =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return batch.Tokens[0] == 'b' ? gate.Pass(batch) : DecodeStatus.Ok;
            },
        };
        await using var rig = new SchedulerRig(new() { MaxWait = TimeSpan.FromSeconds(10) }, decoder, model, time);
        await rig.RunAsync(Ask(new string('a', 160), 1)).WaitAsync(s_patience);
        var running = rig.RunAsync(Ask(new string('b', 800), 1));
        await gate.Reached;
        await Until(() => rig.Scheduler.Status.WaitingTokens > 700);
        var small = rig.RunAsync(Ask("c", 1));
        await Assert.ThrowsAsync<ModelSaturatedException>(() => rig.RunAsync(Ask(new string('d', 700), 1)));
        Assert.Equal(1, rig.Scheduler.Status.Counters.Saturated);
        gate.Open();
        await Task.WhenAll(running, small).WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_slow_reader_gives_its_cells_to_one_that_has_no_room()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { UnreadBytes = 16 }, new FakeDecoder(model) { Cells = 200, ContextTokens = 200 }, model);
        var prompt = new string('p', 120);
        await using var slow = rig.Scheduler.GenerateAsync(Ask(prompt, 60), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        var text = slow.Current.Text;
        Assert.Equal(rig.Expected(new string('q', 120), 20), await rig.TextAsync(Ask(new string('q', 120), 20)).WaitAsync(s_patience));
        while (await slow.MoveNextAsync())
        {
            text += slow.Current.Text;
        }

        Assert.Equal(rig.Expected(prompt, 60), text);
    }

    [Fact]
    public async Task The_time_for_which_a_reader_was_waited_for_makes_no_newcomer_wait()
    {
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { UnreadBytes = 16, Parallel = 1, UnreadLimit = TimeSpan.FromHours(10) }, model: model, time: time);
        await using var slow = rig.Scheduler.GenerateAsync(Ask("x", 40), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        await Until(() => rig.Scheduler.Status.EstimatedWait == TimeSpan.Zero && rig.Scheduler.Live == 1 && rig.Scheduler.Counters.WrittenTokens > 16);
        time.Advance(TimeSpan.FromHours(1));
        while (await slow.MoveNextAsync())
        {
        }

        using var gate = new Gate();
        rig.Decoder.Before = gate.Pass;
        var running = rig.RunAsync(Ask("y", 2));
        await gate.Reached;
        Assert.InRange(rig.Scheduler.Status.EstimatedWait, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        gate.Open();
        await running.WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_request_without_a_tenants_name_is_refused_and_the_others_go_on()
    {
        await using var rig = new SchedulerRig();
        await Assert.ThrowsAsync<ArgumentException>(() => rig.RunAsync(Ask("x") with { Tenant = null! }));
        Assert.Equal(rig.Expected("y"), await rig.TextAsync(Ask("y")));
    }

    [Fact]
    public async Task A_scheduler_that_was_closed_ends_its_requests_and_says_so_to_new_ones()
    {
        using var gate = new Gate();
        var model = new FakeModel(new FakeVocabulary());
        var rig = new SchedulerRig(decoder: new FakeDecoder(model) { Before = gate.Pass }, model: model);
        var running = rig.RunAsync(Ask("x"));
        await gate.Reached;
        var closed = rig.BetweenStepsAsync(() =>
        {
            ((IStepSource)rig.Scheduler).Close();
            return true;
        });
        gate.Open();
        Assert.True(await closed);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => running).WaitAsync(s_patience);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.RunAsync(Ask("y")));
        Assert.False(rig.Scheduler.Status.IsReady);
        await rig.DisposeAsync().AsTask().WaitAsync(s_patience);
    }

    [Fact]
    public async Task A_slow_reader_pauses_its_own_text_only()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { UnreadBytes = 16, Parallel = 1 }, model: model);
        await using var slow = rig.Scheduler.GenerateAsync(Ask("x", 300), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await slow.MoveNextAsync());
        var text = slow.Current.Text;
        for (var number = 0; number < 5; number++)
        {
            Assert.Equal(rig.Expected($"y{number}", 20), await rig.TextAsync(Ask($"y{number}", 20)).WaitAsync(s_patience));
        }

        while (await slow.MoveNextAsync())
        {
            text += slow.Current.Text;
        }

        Assert.Equal(rig.Expected("x", 300), text);
    }

    [Fact]
    public async Task A_text_that_nobody_reads_is_given_up()
    {
        var time = new FakeTimeProvider();
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        await using var rig = new SchedulerRig(new() { UnreadBytes = 16 }, model: model, time: time);
        var forgotten = rig.Scheduler.GenerateAsync(Ask("x", 3000), CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await forgotten.MoveNextAsync());
        await Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(30));
            return rig.Scheduler.Live == 0;
        });
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            while (await forgotten.MoveNextAsync())
            {
            }
        });
        await forgotten.DisposeAsync();
    }

    [Fact]
    public async Task Disposal_lets_running_texts_finish_and_refuses_new_ones()
    {
        var rig = new SchedulerRig();
        var running = rig.TextAsync(Ask("x"));
        await Until(() => rig.Scheduler.Live > 0 || running.IsCompleted);
        var disposal = rig.DisposeAsync().AsTask();
        Assert.Equal(rig.Expected("x"), await running.WaitAsync(s_patience));
        await disposal.WaitAsync(s_patience);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => rig.TextAsync(Ask("y")));
    }

    [Fact]
    public async Task Disposal_ends_what_takes_too_long()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        FakeDecoder? decoder = null;
        decoder = new FakeDecoder(model)
        {
            Before = _ =>
            {
                SpinWait.SpinUntil(() => decoder!.IsAbortAsked, s_patience);
                return DecodeStatus.Aborted;
            },
        };
        var rig = new SchedulerRig(new() { DrainTime = TimeSpan.FromMilliseconds(10) }, decoder, model);
        var running = rig.TextAsync(Ask("x", 4000));
        await Until(() => rig.Scheduler.Live > 0);
        await rig.DisposeAsync().AsTask().WaitAsync(s_patience);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => running);
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (!condition())
        {
            await Task.Delay(2, patience.Token);
        }
    }

    /// <summary>Holds the inference thread inside a decode.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task.WaitAsync(s_patience);

        public DecodeStatus Pass(DecodeBatch batch)
        {
            _reached.TrySetResult();
            Assert.True(_open.Wait(s_patience));
            return DecodeStatus.Ok;
        }

        public void Open() => _open.Set();

        public void Dispose()
        {
            _open.Set();
            _open.Dispose();
        }
    }
}
