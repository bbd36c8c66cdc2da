using SmartService.Messages;

namespace SmartService.Turns;

/// <summary>Everything a turn is decided on: the conversation as it was when the turn was taken, and what the customer wrote since.</summary>
public sealed record TurnContext
{
    /// <summary>Key of the conversation.</summary>
    public required string ConversationId { get; init; }

    /// <summary>Name of the channel.</summary>
    public required string Channel { get; init; }

    /// <summary>The account on our side.</summary>
    public required string Account { get; init; }

    /// <summary>The customer.</summary>
    public required string Customer { get; init; }

    /// <summary><see cref="ConversationOwner.Bot"/> or <see cref="ConversationOwner.Queue"/>; turns of other owners are not decided by the bot.</summary>
    public required ConversationOwner Owner { get; init; }

    /// <summary>Sequence number of the newest message of this turn; grows within a conversation.</summary>
    public required long Seq { get; init; }

    /// <summary>The messages of this turn in order; fragments typed in quick succession. Never empty.</summary>
    public required IReadOnlyList<InboundMessage> Messages { get; init; }

    /// <summary>What was said before, oldest first, at most the last 20 entries.</summary>
    public required IReadOnlyList<HistoryEntry> History { get; init; }

    /// <summary>What the conversation remembers.</summary>
    public required DialogueState State { get; init; }

    /// <summary>The clock of the store when the turn was taken.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>One earlier utterance.</summary>
/// <param name="Role">Who spoke.</param>
/// <param name="Text">The words; for other kinds a short description in brackets.</param>
/// <param name="At">When.</param>
public sealed record HistoryEntry(HistoryRole Role, string Text, DateTimeOffset At);

/// <summary>Who spoke in a <see cref="HistoryEntry"/>.</summary>
public enum HistoryRole
{
    /// <summary>The customer.</summary>
    Customer,

    /// <summary>The bot.</summary>
    Bot,

    /// <summary>A human agent.</summary>
    Agent,
}
