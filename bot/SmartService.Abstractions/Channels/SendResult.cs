namespace SmartService.Channels;

/// <summary>What became of one part.</summary>
/// <param name="Status">The outcome class.</param>
/// <param name="PlatformMessageId">The platform's id, when it gave one.</param>
/// <param name="Code">The platform's error code, 0 when there was none.</param>
/// <param name="Error">A sentence for the desk and the log; no customer text, no secrets.</param>
/// <param name="RetryAfter">For <see cref="SendStatus.Retry"/>: how long to wait at least.</param>
public sealed record SendResult(SendStatus Status, string? PlatformMessageId = null, int Code = 0, string? Error = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Accepted by the platform.</summary>
    public static SendResult Sent(string? platformMessageId) => new(SendStatus.Sent, platformMessageId);
}

/// <summary>The classes of outcome that the sender acts on.</summary>
public enum SendStatus
{
    /// <summary>Accepted now, or already accepted under the same key.</summary>
    Sent,

    /// <summary>Busy, rate-limited, timed out: repeat later with the same key.</summary>
    Retry,

    /// <summary>The platform's allowance is used up or its window closed: keep until the customer writes again.</summary>
    Held,

    /// <summary>The session belongs to a human in the platform's own client: keep, and treat the conversation as owned by that human.</summary>
    OwnedByHuman,

    /// <summary>Never going to work (content refused, customer unknown, bad setting): show on the desk.</summary>
    Refused,

    /// <summary>Maybe sent, and the platform has no key to make a repeat safe: show on the desk, do not repeat.</summary>
    Unknown,
}
