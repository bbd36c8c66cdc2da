namespace SmartService.Bot.Turns;

/// <summary>Foreign code is asked to stop by its token. What does not listen is left behind, so that it cannot hold a conversation, a slot or the end of the server for ever.</summary>
internal static class Patience
{
    /// <summary>How long after the token something may still take to stop.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="work"/>; throws <see cref="OperationCanceledException"/> when it has not ended <see cref="Grace"/> after <paramref name="stop"/>.</summary>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, TimeProvider clock, CancellationToken stop)
    {
        using var leave = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        await using var asked = stop.Register(() => leave.CancelAfter(Grace));

        // On another thread, because it may block before its first await.
        return await Task.Run(() => work(stop), CancellationToken.None).WaitAsync(leave.Token);
    }
}
