using SmartService.Data;

namespace SmartService.Bot.Turns;

/// <summary>Gives a lease back after the store was away: a hiccup of a second must not stop the work for the rest of the lease.</summary>
internal static class GiveBack
{
    /// <summary>Tries until the store has it, the lease has run out or the server stops.</summary>
    public static async Task RunAsync(Func<CancellationToken, Task> release, TurnOptions options, TimeProvider clock, CancellationToken stopping)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < options.Lease)
        {
            await Task.Delay(options.SafetyPoll, clock, stopping);
            try
            {
                await release(stopping);
                return;
            }
            catch (StoreUnavailableException)
            {
                // Still away.
            }
        }
    }
}
