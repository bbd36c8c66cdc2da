using Microsoft.Extensions.Logging;
using SmartService.Data;

namespace SmartService.Bot.Turns;

/// <summary>Gives a lease back after the store was away: a hiccup of a second must not stop the work for the rest of the lease.</summary>
internal static class GiveBack
{
    /// <summary>Works under a lease. When the store goes away meanwhile, releases the lease as soon as it is back.</summary>
    /// <param name="what">Name of the loop, for the log.</param>
    /// <param name="work">What the lease was taken for.</param>
    /// <param name="release">Gives the lease back untouched.</param>
    /// <param name="options">Says how long the lease lasts and how often to try.</param>
    /// <param name="clock">Measures both.</param>
    /// <param name="logger">Of the loop.</param>
    /// <param name="stopping">The server stops.</param>
    public static async Task WhenAwayAsync(
        string what, Func<Task> work, Func<CancellationToken, Task> release, TurnOptions options, TimeProvider clock, ILogger logger, CancellationToken stopping)
    {
        try
        {
            await work();
        }
        catch (StoreUnavailableException exception)
        {
            Log.StoreAway(logger, what, exception.Message);
            await ReleaseAsync(release, options, clock, stopping);
        }
    }

    /// <summary>Tries until the store has it, the lease has run out or the server stops.</summary>
    private static async Task ReleaseAsync(Func<CancellationToken, Task> release, TurnOptions options, TimeProvider clock, CancellationToken stopping)
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
