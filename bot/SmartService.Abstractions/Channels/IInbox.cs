using SmartService.Messages;

namespace SmartService.Channels;

/// <summary>Where channels write down what they received, before they acknowledge it. Thread-safe.</summary>
public interface IInbox
{
    /// <summary>
    /// Notes that an account has new messages to pull. One committed write; when it returns, the bell survives a crash.
    /// </summary>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="account">The account, or null when the bell does not name it: all known accounts of the channel are pulled.</param>
    /// <param name="bellToken">The token of the bell.</param>
    /// <param name="cancellationToken">Stops waiting; the write may still happen.</param>
    Task RingAsync(string channel, string? account, string? bellToken, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores messages of a channel that pushes them. Repeats are dropped. Returns how many were new.
    /// </summary>
    Task<int> AcceptAsync(IReadOnlyList<InboundMessage> messages, CancellationToken cancellationToken = default);
}
