using SmartService.Replies;

namespace SmartService.Channels;

/// <summary>A way to reach customers. Implementations are thread-safe singletons.</summary>
public interface IChannel
{
    /// <summary>Short lower-case name, stored with every message, for example <c>kf</c>.</summary>
    string Name { get; }

    /// <summary>What the platform allows to send.</summary>
    SendBudget Budget { get; }

    /// <summary>Renders and splits a reply to what the platform accepts: byte limits, plain text, at most <paramref name="maxParts"/> messages. Never cuts silently.</summary>
    FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts);

    /// <summary>Sends one fitted part. Expected refusals are results, not exceptions.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled; whether it was sent is unknown.</exception>
    Task<SendResult> SendAsync(OutboundPart part, CancellationToken cancellationToken = default);
}

/// <summary>A reply in the platform's limits.</summary>
/// <param name="Parts">The messages to send, in order.</param>
/// <param name="Rest">Text that did not fit in the allowed number of messages, offered to the customer as continuation; else null.</param>
public sealed record FittedReply(IReadOnlyList<ReplyPart> Parts, string? Rest);

/// <summary>One fitted part on its way.</summary>
/// <param name="ReplyId">Idempotency key, at most 32 characters of <c>[0-9a-zA-Z_-]</c>. A repeat with the same key is never delivered twice.</param>
/// <param name="Account">The account on our side.</param>
/// <param name="Customer">The customer.</param>
/// <param name="Part">What to send.</param>
public sealed record OutboundPart(string ReplyId, string Account, string Customer, ReplyPart Part);

/// <summary>The platform's allowance.</summary>
/// <param name="MessagesPerCustomerMessage">How many messages may follow one customer message.</param>
/// <param name="Window">How long after the customer's last message sending is legal, margin included.</param>
public sealed record SendBudget(int MessagesPerCustomerMessage, TimeSpan Window);
