using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Engine;

public sealed class InferenceThreadTests
{
    [Fact]
    public async Task Sources_take_turns()
    {
        using var thread = new InferenceThread();
        var order = new List<string>();
        var (first, second) = (new Countdown(3, () => order.Add("a")), new Countdown(3, () => order.Add("b")));
        await thread.RunAsync(() =>
        {
            _ = thread.AddAsync(first);
            _ = thread.AddAsync(second);
            return true;
        });
        thread.Wake();
        await Task.WhenAll(first.Done, second.Done).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var text = string.Concat(order);
        Assert.True(text is "ababab" or "bababa", text);
    }

    [Fact]
    public async Task A_source_that_throws_is_reported_and_closed_and_the_others_go_on()
    {
        var failed = new TaskCompletionSource<Exception>();
        using var thread = new InferenceThread(exception => failed.TrySetResult(exception));
        var good = new Countdown(5, () => { });
        var bad = new Countdown(1, () => throw new InvalidOperationException("broken"));
        await thread.AddAsync(bad);
        await thread.AddAsync(good);
        thread.Wake();
        Assert.Equal("broken", (await failed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).Message);
        await good.Done.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(7, await thread.RunAsync(() => 7));
        Assert.True(bad.IsClosed);
        Assert.False(good.IsClosed);
    }

    [Fact]
    public void A_thread_that_has_ended_says_so_to_who_wakes_it()
    {
        var thread = new InferenceThread();
        Assert.True(thread.Wake());
        thread.Dispose();
        Assert.False(thread.Wake());
    }

    private sealed class Countdown(int steps, Action step) : IStepSource
    {
        private readonly TaskCompletionSource _done = new();
        private int _left = steps;

        public Task Done => _done.Task;

        public bool HasWork => _left > 0;

        public bool IsClosed { get; private set; }

        public void Close() => IsClosed = true;

        public void Step()
        {
            step();
            if (--_left == 0)
            {
                _done.SetResult();
            }
        }
    }
}
