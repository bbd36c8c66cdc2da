namespace SmartService.Evals.Rig;

/// <summary>
/// Holds what the platform saw (the ledger) against what the server wrote down (its store): nothing lost, nothing twice,
/// nothing out of order. A pure function of both.
/// </summary>
public static class LedgerAudit
{
    private static readonly string[] Spoken = ["Answered", "Declined", "HandedOff"];

    /// <param name="ledger">What the platform saw.</param>
    /// <param name="store">What the server wrote down.</param>
    /// <param name="timed">Whose latencies count; null = everybody's.</param>
    public static AuditResult Of(IReadOnlyList<LedgerEntry> ledger, StoreContents store, Func<string, bool>? timed = null)
    {
        bool Timed(LedgerEntry entry) => timed is null || timed(entry.Customer);
        var lost = new Dictionary<Loss, int>();
        var coverage = new Coverage(ledger, store);
        foreach (var entry in ledger.Where(entry => entry.Kind == LedgerKind.CustomerMessage))
        {
            if (coverage.LossOf(entry) is { } loss)
            {
                lost[loss] = lost.GetValueOrDefault(loss) + 1;
            }
        }

        var replyById = store.Replies.ToDictionary(reply => reply.Id, StringComparer.Ordinal);
        var sends = ledger.Where(entry => entry.Kind == LedgerKind.Send).ToList();
        return new AuditResult
        {
            Messages = ledger.Count(entry => entry.Kind == LedgerKind.CustomerMessage),
            Accepted = coverage.Accepted,
            Turns = store.Turns.GroupBy(turn => turn.Outcome, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal),
            Sends = sends.Count,
            Lost = lost,
            Duplicates = Duplicates(sends, replyById),
            Unrecorded = sends.Count(send => !replyById.ContainsKey(send.MsgId)),
            ClaimedOnly = store.Replies.Count(reply => reply.State == "Sent" && !coverage.IsDelivered(reply)),
            Undelivered = store.Replies.Count(reply => reply.State is "Planned" or "Sending" or "Held" or "Unknown" or "Failed"),
            OrderViolations = Disorder(sends, replyById) + MessageDisorder(ledger, store),
            AfterDueMs = [.. AfterDue(sends.Where(Timed), store, replyById)],
            EndToEndMs = [.. EndToEnd(ledger.Where(Timed), store, coverage, replyById)],
        };
    }

    /// <summary>The same part of a turn accepted twice, or two parts of one turn with the same content.</summary>
    private static int Duplicates(IReadOnlyList<LedgerEntry> sends, Dictionary<string, StoredReply> replyById)
    {
        var known = sends.Where(send => replyById.ContainsKey(send.MsgId)).Select(send => (Send: send, Reply: replyById[send.MsgId])).ToList();
        var sameKey = sends.GroupBy(send => send.MsgId, StringComparer.Ordinal).Sum(group => group.Count() - 1);
        var ofTurns = known.Where(one => one.Reply.TurnSeq is not null).DistinctBy(one => one.Send.MsgId).ToList();
        var samePart = ofTurns.GroupBy(one => (one.Reply.ConversationId, one.Reply.TurnSeq, one.Reply.Part)).Sum(group => group.Count() - 1);
        var sameContent = ofTurns.DistinctBy(one => (one.Reply.ConversationId, one.Reply.TurnSeq, one.Reply.Part))
            .GroupBy(one => (one.Reply.ConversationId, one.Reply.TurnSeq, one.Send.ContentHash)).Sum(group => group.Count() - 1);
        return sameKey + samePart + sameContent;
    }

    /// <summary>Sends of one conversation that come after a send of a later turn or part.</summary>
    private static int Disorder(IEnumerable<LedgerEntry> sends, Dictionary<string, StoredReply> replyById) =>
        sends.Where(send => replyById.ContainsKey(send.MsgId)).Select(send => replyById[send.MsgId])
            .Where(reply => reply.TurnSeq is not null)
            .GroupBy(reply => reply.ConversationId, StringComparer.Ordinal)
            .Sum(conversation => Descents(conversation.Select(reply => (reply.TurnSeq!.Value, reply.Part))));

    /// <summary>Messages of one customer that were written down in another order than he wrote them.</summary>
    private static int MessageDisorder(IEnumerable<LedgerEntry> ledger, StoreContents store)
    {
        var seqOf = store.Messages.ToDictionary(message => message.MessageId, message => message.Seq, StringComparer.Ordinal);
        return ledger.Where(entry => entry.Kind == LedgerKind.CustomerMessage && seqOf.ContainsKey(entry.MsgId))
            .GroupBy(entry => (entry.Account, entry.Customer))
            .Sum(customer => Descents(customer.Select(entry => (seqOf[entry.MsgId], 0L))));
    }

    private static int Descents(IEnumerable<(long, long)> places)
    {
        var (count, highest) = (0, (long.MinValue, long.MinValue));
        foreach (var place in places)
        {
            count += place.CompareTo(highest) < 0 ? 1 : 0;
            highest = place.CompareTo(highest) > 0 ? place : highest;
        }

        return count;
    }

    /// <summary>From the moment that a turn was due (debounce over) to its first message accepted by the platform.</summary>
    private static IEnumerable<double> AfterDue(IEnumerable<LedgerEntry> sends, StoreContents store, Dictionary<string, StoredReply> replyById)
    {
        var dueOf = store.Turns.ToDictionary(turn => (turn.ConversationId, turn.Seq), turn => turn.DueAtMs);
        return FirstSends(sends, replyById)
            .Where(first => dueOf.ContainsKey(first.Turn))
            .Select(first => (first.Send.At - DateTimeOffset.UnixEpoch).TotalMilliseconds - dueOf[first.Turn]);
    }

    /// <summary>From the last message of a turn to its first message accepted by the platform, as the customer waits.</summary>
    private static IEnumerable<double> EndToEnd(
        IEnumerable<LedgerEntry> ledger, StoreContents store, Coverage coverage, Dictionary<string, StoredReply> replyById)
    {
        var entryOf = ledger.Where(entry => entry.Kind == LedgerKind.CustomerMessage).ToDictionary(entry => entry.MsgId, StringComparer.Ordinal);
        var lastOf = store.Messages
            .Where(message => entryOf.ContainsKey(message.MessageId) && coverage.TurnOf(message) is not null)
            .GroupBy(message => (message.ConversationId, coverage.TurnOf(message)!.Seq))
            .ToDictionary(turn => turn.Key, turn => entryOf[turn.MaxBy(message => message.Seq)!.MessageId].MonotonicMs);
        return FirstSends(ledger.Where(entry => entry.Kind == LedgerKind.Send), replyById)
            .Where(first => lastOf.ContainsKey(first.Turn))
            .Select(first => first.Send.MonotonicMs - lastOf[first.Turn]);
    }

    private static IEnumerable<((string Conversation, long Seq) Turn, LedgerEntry Send)> FirstSends(
        IEnumerable<LedgerEntry> sends, Dictionary<string, StoredReply> replyById) =>
        sends.Where(send => replyById.TryGetValue(send.MsgId, out var reply) && reply.TurnSeq is not null)
            .GroupBy(send => (replyById[send.MsgId].ConversationId, replyById[send.MsgId].TurnSeq!.Value))
            .Select(turn => (turn.Key, turn.MinBy(send => send.Number)!));

    /// <summary>Which turn answers which message, and whether what it said arrived.</summary>
    private sealed class Coverage
    {
        private readonly Dictionary<string, StoredMessage> _messages;
        private readonly Dictionary<string, List<StoredTurn>> _turns;
        private readonly HashSet<string> _sent;
        private readonly ILookup<(string, long?), StoredReply> _replies;

        public Coverage(IReadOnlyList<LedgerEntry> ledger, StoreContents store)
        {
            _messages = store.Messages.ToDictionary(message => message.MessageId, StringComparer.Ordinal);
            _turns = store.Turns.GroupBy(turn => turn.ConversationId, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.OrderBy(turn => turn.Seq).ToList(), StringComparer.Ordinal);
            _sent = ledger.Where(entry => entry.Kind == LedgerKind.Send).Select(entry => entry.MsgId).ToHashSet(StringComparer.Ordinal);
            _replies = store.Replies.ToLookup(reply => (reply.ConversationId, reply.TurnSeq));
            Accepted = ledger.Count(entry => entry.Kind == LedgerKind.CustomerMessage && _messages.ContainsKey(entry.MsgId));
        }

        public int Accepted { get; }

        public bool IsDelivered(StoredReply reply) => _sent.Contains(reply.Id);

        public StoredTurn? TurnOf(StoredMessage message) =>
            _turns.GetValueOrDefault(message.ConversationId)?.Find(turn => turn.Seq >= message.Seq);

        public Loss? LossOf(LedgerEntry entry)
        {
            if (!_messages.TryGetValue(entry.MsgId, out var message))
            {
                return Loss.NotWrittenDown;
            }

            if (message.State == "Dead")
            {
                return Loss.SetAside;
            }

            if (message.State != "Done" || TurnOf(message) is not { } turn)
            {
                return Loss.NotTaken;
            }

            return Spoken.Contains(turn.Outcome) ? LossOfReply(turn)
                : turn.Outcome == "Silent" && HumanOwns(turn) ? null
                : Loss.SilentWithoutHuman;
        }

        private Loss? LossOfReply(StoredTurn turn)
        {
            var parts = _replies[(turn.ConversationId, turn.Seq)].ToList();

            // What the bot had not said yet when a human took over is dropped on purpose.
            return parts.Count > 0 && parts.All(part => part.State == "Dropped" || IsDelivered(part)) ? null : Loss.ReplyNotDelivered;
        }

        /// <summary>Since the last turn that spoke, was it one that called a human?</summary>
        private bool HumanOwns(StoredTurn silent) =>
            _turns[silent.ConversationId].LastOrDefault(turn => turn.Seq < silent.Seq && turn.Outcome != "Silent") is { Outcome: "HandedOff" or "Failed" };
    }
}

/// <summary>Why a customer message counts as lost.</summary>
public enum Loss
{
    /// <summary>The platform has it, the store does not.</summary>
    NotWrittenDown,

    /// <summary>No turn took it.</summary>
    NotTaken,

    /// <summary>Its turn crashed too often; it waits on the desk.</summary>
    SetAside,

    /// <summary>Its turn spoke, and not all of it reached the customer.</summary>
    ReplyNotDelivered,

    /// <summary>Its turn said nothing although no human owned the conversation.</summary>
    SilentWithoutHuman,
}

/// <summary>What became of the customers' messages.</summary>
public sealed record AuditResult
{
    public int Messages { get; init; }

    public int Accepted { get; init; }

    public IReadOnlyDictionary<string, int> Turns { get; init; } = new Dictionary<string, int>();

    public int Sends { get; init; }

    public IReadOnlyDictionary<Loss, int> Lost { get; init; } = new Dictionary<Loss, int>();

    /// <summary>The same answer delivered twice for a turn.</summary>
    public int Duplicates { get; init; }

    /// <summary>Accepted by the platform without a row in the store.</summary>
    public int Unrecorded { get; init; }

    /// <summary>The store says sent, the platform never saw it.</summary>
    public int ClaimedOnly { get; init; }

    /// <summary>Replies that did not reach the customer and are still shown or waiting.</summary>
    public int Undelivered { get; init; }

    public int OrderViolations { get; init; }

    public IReadOnlyList<double> AfterDueMs { get; init; } = [];

    public IReadOnlyList<double> EndToEndMs { get; init; } = [];
}
