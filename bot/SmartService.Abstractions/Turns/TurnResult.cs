using SmartService.Replies;

namespace SmartService.Turns;

/// <summary>What a turn decided. Nothing of it has happened yet: the store records it in one transaction, delivery follows.</summary>
public sealed record TurnResult
{
    /// <summary>How it ended.</summary>
    public required TurnOutcome Outcome { get; init; }

    /// <summary>The reply in order; may be empty when silent.</summary>
    public IReadOnlyList<ReplyPart> Reply { get; init; } = [];

    /// <summary>What the reply rests on.</summary>
    public IReadOnlyList<Citation> Citations { get; init; } = [];

    /// <summary>What the customer was taken to want.</summary>
    public Intent Intent { get; init; } = Intent.None;

    /// <summary>What the conversation remembers from now on.</summary>
    public required DialogueState State { get; init; }

    /// <summary>Set when the conversation goes to a human.</summary>
    public HandoffReason? Handoff { get; init; }

    /// <summary>Set when a queued conversation goes back to the bot because the customer asked for it.</summary>
    public bool BackToBot { get; init; }

    /// <summary>Where the time went.</summary>
    public TurnTimings Timings { get; init; } = new(0, 0, 0);
}
