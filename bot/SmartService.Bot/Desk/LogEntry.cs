using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>Something in a conversation. Times are Unix milliseconds of the store's clock.</summary>
public abstract record LogEntry(long Seq, long At);

/// <summary>What the customer, or a human in the platform's own client, wrote; or what the platform told.</summary>
public sealed record MessageEntry(long Seq, long At, MessageOrigin Origin, MessageBody Body, bool Dead, bool Recalled, string? Error) : LogEntry(Seq, At);

/// <summary>One part of a reply. <paramref name="AgentDisplayName"/> is null for the bot and the system.</summary>
public sealed record ReplyEntry(
    long Seq, long At, string Id, string Author, string? AgentDisplayName, ReplyPart Part, ReplyState State, string? Error, long? TurnSeq, int PartIndex) : LogEntry(Seq, At);

/// <summary>What a person did on the desk.</summary>
public sealed record DeskEventEntry(long Seq, long At, string AgentDisplayName, DeskEventKind Kind, string? Detail) : LogEntry(Seq, At);

/// <summary>How the bot came to a reply.</summary>
public sealed record TurnEvidence(long Seq, TurnOutcome Outcome, Intent Intent, IReadOnlyList<Citation> Citations, TurnTimings Timings);

/// <summary>Entries below these numbers are older. Each table has its own.</summary>
public sealed record LogCursor(long Message, long Reply, long Event)
{
    /// <summary>Begins with the newest.</summary>
    public static LogCursor Newest { get; } = new(long.MaxValue, long.MaxValue, long.MaxValue);
}

/// <summary>A page of the log, oldest first.</summary>
public sealed record LogPage(IReadOnlyList<LogEntry> Entries, bool HasMore, LogCursor Before)
{
    /// <summary>The turns behind the entries, by the number of the newest message that each saw.</summary>
    public IReadOnlyDictionary<long, TurnEvidence> Turns { get; init; } = new Dictionary<long, TurnEvidence>();
}

/// <summary>What is known about a conversation. Times are Unix milliseconds.</summary>
public sealed record ConversationFacts(
    string Id,
    string Channel,
    string Account,
    string Customer,
    ConversationOwner Owner,
    string? Agent,
    string? AgentDisplayName,
    HandoffReason? HandoffReason,
    long? HandedOffAt,
    long CreatedAt,
    long? LastCustomerAt,
    int Unread,
    SendAllowance? Allowance,
    long NowMs);
