namespace SmartService.Plugins;

/// <summary>
/// Bounds guessing, for tools that check a secret such as a phone tail. Failures are counted per thing that is guessed at and
/// per customer, whoever calls the tool, flow or model, and outlive the task, the process and the conversation's memory.
/// Take it in the constructor of a tool class: it belongs to the turn and knows whose turn it is. Thread-safe.
/// </summary>
public interface IAttemptLimiter
{
    /// <summary>
    /// Counts an attempt as failed before it is made, so that attempts at the same time cannot slip through together. False:
    /// there were too many failures, nothing was counted, and the attempt must not be made.
    /// </summary>
    /// <param name="task">What kind of guess, for example <c>order_phone</c>.</param>
    /// <param name="subject">What is guessed at, for example the order number. Stored only as a hash.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<bool> BeginAsync(string task, string subject, CancellationToken cancellationToken = default);

    /// <summary>Takes one attempt back, because it succeeded or never took place.</summary>
    Task TakeBackAsync(string task, string subject, CancellationToken cancellationToken = default);
}
