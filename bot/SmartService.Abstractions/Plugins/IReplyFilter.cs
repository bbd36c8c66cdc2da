using SmartService.Turns;

namespace SmartService.Plugins;

/// <summary>Sees every reply before it is recorded and may change or empty it. Created per turn.</summary>
public interface IReplyFilter
{
    /// <summary>Returns the result to record.</summary>
    ValueTask<TurnResult> FilterAsync(TurnContext turn, TurnResult result, CancellationToken cancellationToken = default);
}
