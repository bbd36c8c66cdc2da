using Microsoft.Extensions.Logging;
using SmartService.Data;

namespace SmartService.Bot.Turns;

/// <summary>The first step of a loop may find the store locked; the loop must come up all the same.</summary>
internal static class StartUp
{
    public static async Task TryAsync(Func<CancellationToken, Task> step, string loop, ILogger logger, CancellationToken stopping)
    {
        try
        {
            await step(stopping);
        }
        catch (StoreUnavailableException exception)
        {
            // Leases of the former process then run out by themselves.
            Log.StoreAway(logger, loop, exception.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped before it began.
        }
    }
}
