using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class EncoderQueueTests : IDisposable
{
    // The queue is stepped by hand: its thread does nothing but be woken.
    private readonly InferenceThread _thread = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<FakeEncoder> _made = [];
    private bool _isChatBusy;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _thread.Dispose();

    [Fact]
    public async Task Texts_of_several_callers_share_a_pass_and_each_gets_its_own_results_in_order()
    {
        var (queue, encoder) = New();
        var first = queue.RunAsync([Text(1, 3), Text(2, 4)], isUrgent: false, Token);
        var second = queue.RunAsync([Text(3, 2)], isUrgent: false, Token);
        queue.Step();
        Assert.Equal([FakeEncoder.Expected(Text(1, 3)), FakeEncoder.Expected(Text(2, 4))], (await first).Select(result => result[0]));
        Assert.Equal(FakeEncoder.Expected(Text(3, 2)), (await second)[0][0]);
        Assert.Single(encoder.Passes);
        Assert.False(queue.HasWork);
        Assert.Equal(0, queue.WaitingTokens);
    }

    [Fact]
    public async Task A_call_with_many_texts_delays_a_small_one_by_one_pass_only()
    {
        var (queue, encoder) = New();
        var large = queue.RunAsync([.. Enumerable.Range(0, 100).Select(_ => Text(1, 8))], isUrgent: false, Token);
        queue.Step();
        var small = queue.RunAsync([Text(2, 8)], isUrgent: false, Token);
        queue.Step();
        Assert.Contains(2, encoder.Passes[1]);
        await small;
        Drain(queue);
        Assert.Equal(100, (await large).Length);
    }

    [Fact]
    public async Task An_urgent_call_goes_before_all_that_wait_already()
    {
        var (queue, encoder) = New();
        var ordinary = Enumerable.Range(0, 20).Select(_ => queue.RunAsync([Text(1, 30), Text(1, 30)], isUrgent: false, Token)).ToList();
        queue.Step();
        var urgent = queue.RunAsync([Text(2, 30)], isUrgent: true, Token);
        queue.Step();
        Assert.Equal([2], encoder.Passes[1]);
        await urgent;
        Drain(queue);
        await Task.WhenAll(ordinary);
    }

    [Fact]
    public async Task Urgent_calls_without_end_do_not_starve_the_others()
    {
        var (queue, _) = New();
        var ordinary = queue.RunAsync([Text(1, 30)], isUrgent: false, Token);
        var urgent = new List<Task>();
        for (var step = 0; step < 8; step++)
        {
            urgent.Add(queue.RunAsync([Text(2, 30)], isUrgent: true, Token));
            urgent.Add(queue.RunAsync([Text(2, 30)], isUrgent: true, Token));
            queue.Step();
        }

        await ordinary.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Drain(queue);
        await Task.WhenAll(urgent);
    }

    [Fact]
    public async Task A_long_text_among_short_ones_is_not_passed_over_for_ever()
    {
        var (queue, _) = New();
        var shorts = Enumerable.Range(0, 5).Select(_ => queue.RunAsync([.. Enumerable.Range(0, 60).Select(_ => Text(1, 4))], isUrgent: false, Token)).ToList();
        queue.Step();
        var longOne = queue.RunAsync([Text(2, 32)], isUrgent: false, Token);
        queue.Step();
        queue.Step();
        await longOne.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Drain(queue);
        await Task.WhenAll(shorts);
    }

    [Fact]
    public async Task A_pass_is_small_while_the_chat_works_and_large_when_it_rests()
    {
        var (queue, encoder) = New(batchTokens: 1000, maxTokens: 100, maxTexts: 64);
        encoder.Before = () => _time.Advance(TimeSpan.FromMilliseconds(100));
        var measured = queue.RunAsync([Text(1, 100)], isUrgent: false, Token);
        queue.Step();
        await measured;
        // 1 ms per token: 40 tokens fit a busy pass, 250 an idle one.
        encoder.Before = () => _time.Advance(TimeSpan.FromMilliseconds(_isChatBusy ? 40 : 250));
        _isChatBusy = true;
        var many = queue.RunAsync([.. Enumerable.Range(0, 200).Select(_ => Text(1, 5))], isUrgent: false, Token);
        queue.Step();
        Assert.InRange(encoder.Sizes[^1], 35, 40);
        _isChatBusy = false;
        queue.Step();
        Assert.InRange(encoder.Sizes[^1], 240, 250);
        Drain(queue);
        await many;
    }

    [Fact]
    public async Task A_text_longer_than_a_pass_goes_alone_where_it_cannot_be_split()
    {
        var (queue, encoder) = New(batchTokens: 64, maxTokens: 64);
        _isChatBusy = true;
        encoder.Before = () => _time.Advance(TimeSpan.FromSeconds(1));
        var texts = queue.RunAsync([Text(1, 64), Text(2, 64), Text(3, 2)], isUrgent: false, Token);
        Drain(queue);
        await texts;
        Assert.Equal([[1], [2], [3]], encoder.Passes);
    }

    [Fact]
    public async Task A_text_that_can_be_split_is_computed_over_several_passes_beside_others()
    {
        var (queue, encoder) = New(batchTokens: 16, maxTokens: 100, canSplit: true);
        var longOne = queue.RunAsync([Text(1, 40)], isUrgent: false, Token);
        var others = queue.RunAsync([Text(2, 3), Text(3, 3), Text(4, 3)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(1, 40)), (await longOne)[0][0]);
        Assert.Equal(new[] { Text(2, 3), Text(3, 3), Text(4, 3) }.Select(FakeEncoder.Expected), (await others).Select(result => result[0]));
        Assert.Equal([16, 16, 16, 1], encoder.Sizes);
    }

    [Fact]
    public async Task An_urgent_text_passes_between_the_pieces_of_a_long_one_that_nobody_waits_for()
    {
        var (queue, encoder) = New(batchTokens: 16, maxTokens: 100, canSplit: true);
        var longOne = queue.RunAsync([Text(1, 90)], isUrgent: false, Token);
        queue.Step();
        var urgent = queue.RunAsync([Text(2, 10)], isUrgent: true, Token);
        queue.Step();
        await urgent.WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Equal([16, 16], encoder.Sizes);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(1, 90)), (await longOne)[0][0]);
    }

    [Fact]
    public async Task A_half_computed_text_begins_again_when_the_context_breaks_in_a_pass_without_it()
    {
        var (queue, encoder) = New(batchTokens: 16, maxTokens: 100, canSplit: true);
        var longOne = queue.RunAsync([Text(1, 30)], isUrgent: false, Token);
        queue.Step();
        encoder.Answer = static _ => DecodeStatus.Failed;
        var urgent = queue.RunAsync([Text(2, 16)], isUrgent: true, Token);
        queue.Step();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => urgent);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(1, 30)), (await longOne.WaitAsync(TimeSpan.FromSeconds(20), Token))[0][0]);
    }

    [Fact]
    public async Task A_cancelled_call_leaves_the_queue_and_its_half_computed_text_is_forgotten()
    {
        var (queue, encoder) = New(batchTokens: 16, maxTokens: 100, canSplit: true);
        using var cancellation = new CancellationTokenSource();
        var cancelled = queue.RunAsync([Text(1, 90)], isUrgent: false, cancellation.Token);
        queue.Step();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        var next = queue.RunAsync([Text(2, 40)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(2, 40)), (await next)[0][0]);
        Assert.Equal(4, encoder.Passes.Count);
        Assert.Equal(0, queue.WaitingTokens);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_back()
    {
        var (queue, _) = New(options: new EncoderQueueOptions { MaxWaitingTokens = 50 });
        var waiting = queue.RunAsync([Text(1, 30), Text(1, 30)], isUrgent: false, Token);
        var refused = await Assert.ThrowsAsync<ModelSaturatedException>(() => queue.RunAsync([Text(2, 1)], isUrgent: false, Token));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        var urgent = queue.RunAsync([Text(3, 1)], isUrgent: true, Token);
        Drain(queue);
        await Task.WhenAll(waiting, urgent);
        var again = queue.RunAsync([Text(2, 1)], isUrgent: false, Token);
        Drain(queue);
        await again;
    }

    [Fact]
    public async Task A_text_without_tokens_or_with_too_many_is_a_mistake_of_the_caller()
    {
        var (queue, _) = New();
        await Assert.ThrowsAsync<ArgumentException>(() => queue.RunAsync([[]], isUrgent: false, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => queue.RunAsync([Text(1, 33)], isUrgent: false, Token));
        Assert.False(queue.HasWork);
    }

    [Fact]
    public async Task A_refused_pass_fails_only_the_call_whose_text_it_was()
    {
        var (queue, encoder) = New();
        encoder.Answer = pieces => pieces.Any(piece => piece.Tokens[0] == 2) ? DecodeStatus.Invalid : DecodeStatus.Ok;
        var good = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        var bad = queue.RunAsync([Text(2, 3)], isUrgent: false, Token);
        var other = queue.RunAsync([Text(3, 3)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(1, 3)), (await good)[0][0]);
        Assert.Equal(FakeEncoder.Expected(Text(3, 3)), (await other)[0][0]);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => bad);
    }

    [Fact]
    public async Task A_broken_context_is_made_again_and_later_calls_succeed()
    {
        var (queue, encoder) = New();
        encoder.Answer = static _ => DecodeStatus.Failed;
        var broken = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        queue.Step();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => broken);
        Assert.True(encoder.IsDisposed);
        var next = queue.RunAsync([Text(2, 3)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(2, 3)), (await next)[0][0]);
        Assert.Equal(2, _made.Count);
    }

    [Fact]
    public async Task A_context_that_cannot_be_made_again_fails_all_calls_with_its_reason()
    {
        var encoder = new FakeEncoder { Answer = static _ => DecodeStatus.Failed };
        var queue = new EncoderQueue(encoder, () => throw new ModelUnavailableException("no memory"), _thread, new EncoderQueueOptions(), _time);
        var calls = Enumerable.Range(0, 9).Select(_ => queue.RunAsync([Text(1, 20)], isUrgent: false, Token)).ToList();
        Drain(queue);
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<ModelUnavailableException>(() => call);
        }

        var later = await Assert.ThrowsAsync<ModelUnavailableException>(() => queue.RunAsync([Text(1, 3)], isUrgent: false, Token));
        Assert.Equal("no memory", later.Message);
        Assert.False(queue.HasWork);
    }

    [Fact]
    public async Task A_context_that_could_not_be_made_again_is_tried_again_after_a_while_and_the_reason_told_until_then()
    {
        var (isFull, tries) = (true, 0);
        var encoder = new FakeEncoder { Answer = static _ => DecodeStatus.Failed };
        var queue = new EncoderQueue(encoder, () => ++tries > 0 && isFull ? throw new ModelUnavailableException("no memory") : new FakeEncoder(), _thread, new EncoderQueueOptions(), _time);
        var broken = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        Drain(queue);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => broken);
        Assert.Equal("no memory", queue.Problem);
        isFull = false;
        await Assert.ThrowsAsync<ModelUnavailableException>(() => queue.RunAsync([Text(1, 3)], isUrgent: false, Token));
        Assert.Equal(1, tries);
        _time.Advance(TimeSpan.FromSeconds(6));
        var later = queue.RunAsync([Text(2, 3)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(2, 3)), (await later)[0][0]);
        Assert.Null(queue.Problem);
    }

    [Fact]
    public async Task An_encoder_that_throws_counts_as_broken_and_costs_only_the_calls_of_its_pass()
    {
        var (queue, encoder) = New();
        encoder.Answer = static _ => throw new InvalidOperationException("native");
        var call = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        queue.Step();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => call);
        Assert.Equal(2, _made.Count);
        var next = queue.RunAsync([Text(2, 3)], isUrgent: false, Token);
        Drain(queue);
        Assert.Equal(FakeEncoder.Expected(Text(2, 3)), (await next)[0][0]);
        Assert.Equal(2, queue.Passes);
    }

    [Fact]
    public async Task After_the_thread_has_ended_a_call_fails_and_does_not_wait()
    {
        var thread = new InferenceThread();
        var queue = new EncoderQueue(new FakeEncoder(), () => new FakeEncoder(), thread, new EncoderQueueOptions(), _time);
        thread.Dispose();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => queue.RunAsync([Text(1, 3)], isUrgent: false, Token));
    }

    [Fact]
    public async Task A_result_that_is_not_finite_fails_its_call()
    {
        var encoder = new NotFinite();
        var queue = new EncoderQueue(encoder, () => encoder, _thread, new EncoderQueueOptions(), _time);
        var call = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        Drain(queue);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => call);
    }

    [Fact]
    public async Task Closing_fails_what_waits_and_refuses_what_comes()
    {
        var (queue, encoder) = New();
        var waiting = queue.RunAsync([Text(1, 3)], isUrgent: false, Token);
        queue.Close();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => waiting);
        await Assert.ThrowsAsync<ModelUnavailableException>(() => queue.RunAsync([Text(1, 3)], isUrgent: false, Token));
        Assert.True(encoder.IsDisposed);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Random_calls_all_get_their_results_whatever_shares_their_passes_or_end_when_passes_fail(bool canSplit, bool fails)
    {
        for (var seed = 0; seed < 150; seed++)
        {
            await RandomSchedule(new Random(seed), canSplit, fails);
        }
    }

    private async Task RandomSchedule(Random random, bool canSplit, bool fails)
    {
        var maxTokens = random.Next(4, 60);
        var (queue, _) = New(canSplit ? random.Next(4, 40) : maxTokens + random.Next(40), maxTokens, random.Next(4, 9), canSplit, change: encoder =>
        {
            encoder.Before = () => _time.Advance(TimeSpan.FromMilliseconds(random.Next(1, 100)));
            encoder.Answer = _ => fails && random.Next(6) == 0 ? (random.Next(2) == 0 ? DecodeStatus.Failed : DecodeStatus.Invalid) : DecodeStatus.Ok;
        });
        var calls = new List<(int[][] Texts, Task<float[][]> Results, CancellationTokenSource? Cancellation)>();
        var left = random.Next(1, 30);
        while (left > 0 || queue.HasWork)
        {
            _isChatBusy = random.Next(2) == 0;
            if (left > 0 && random.Next(3) > 0)
            {
                left--;
                var texts = Enumerable.Range(0, random.Next(0, 12))
                    .Select(_ => Enumerable.Range(0, random.Next(1, maxTokens + 1)).Select(_ => random.Next(1000)).ToArray()).ToArray();
                var cancellation = random.Next(4) == 0 ? new CancellationTokenSource() : null;
                calls.Add((texts, queue.RunAsync(texts, random.Next(3) == 0, cancellation?.Token ?? Token), cancellation));
            }
            else if (random.Next(5) == 0 && calls.Count > 0 && calls[random.Next(calls.Count)].Cancellation is { } cancellation)
            {
                await cancellation.CancelAsync();
            }
            else if (queue.HasWork)
            {
                queue.Step();
            }
        }

        foreach (var (texts, results, cancellation) in calls)
        {
            try
            {
                Assert.Equal(texts.Select(FakeEncoder.Expected), (await results.WaitAsync(TimeSpan.FromSeconds(30), Token)).Select(result => result[0]));
            }
            catch (OperationCanceledException) when (cancellation is { IsCancellationRequested: true })
            {
                // Asked for.
            }
            catch (ModelUnavailableException) when (fails)
            {
                // One of its passes failed.
            }

            cancellation?.Dispose();
        }

        Assert.Equal(0, queue.WaitingTokens);
        Assert.All(_made, encoder => Assert.Null(encoder.Mistake));
    }

    private (EncoderQueue Queue, FakeEncoder Encoder) New(
        int batchTokens = 32, int maxTokens = 32, int maxTexts = 8, bool canSplit = false,
        EncoderQueueOptions? options = null, Action<FakeEncoder>? change = null)
    {
        FakeEncoder Make()
        {
            _made.Add(new FakeEncoder(batchTokens, maxTokens, maxTexts, canSplit));
            change?.Invoke(_made[^1]);
            return _made[^1];
        }

        var encoder = Make();
        return (new EncoderQueue(encoder, Make, _thread, options ?? new EncoderQueueOptions(), _time, () => _isChatBusy), encoder);
    }

    private static int[] Text(int first, int length) => [first, .. Enumerable.Range(7, length - 1)];

    private static void Drain(EncoderQueue queue)
    {
        for (var step = 0; queue.HasWork; step++)
        {
            Assert.True(step < 10_000, "The queue does not end.");
            queue.Step();
        }
    }

    private sealed class NotFinite : IEncoder
    {
        public int MaxTokens => 8;

        public int BatchTokens => 8;

        public int MaxTexts => 2;

        public int Width => 2;

        public bool CanSplit => false;

        public DecodeStatus Encode(IReadOnlyList<EncoderPiece> pieces, Span<float[]?> results)
        {
            results[0] = [1, float.NaN];
            return DecodeStatus.Ok;
        }

        public void Clear()
        {
        }

        public void Dispose()
        {
        }
    }
}
