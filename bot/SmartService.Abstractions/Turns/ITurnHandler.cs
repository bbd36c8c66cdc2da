namespace SmartService.Turns;

/// <summary>
/// Decides a turn. Called once at a time per conversation and concurrently for different ones. Has no lasting effect by
/// itself except through write tools, which carry an idempotency key: after a crash the same turn is decided again.
/// </summary>
public interface ITurnHandler
{
    /// <summary>Decides what to do about the messages of one turn.</summary>
    /// <exception cref="OperationCanceledException">The turn was cancelled or its lease was lost.</exception>
    Task<TurnResult> HandleAsync(TurnContext turn, CancellationToken cancellationToken = default);
}
