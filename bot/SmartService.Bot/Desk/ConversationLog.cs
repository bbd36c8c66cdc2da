using System.Data.Common;
using System.Text.Json;
using Dapper;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>A conversation as an agent reads it: what was said by whom, what the bot based it on, and what became of each reply.</summary>
public sealed class ConversationLog(IDatabase database, IEnumerable<IChannel> channels)
{
    public const int MostPerPage = 500;

    /// <summary>Who it is with, who has it and what may still be sent; null when there is no such conversation.</summary>
    public Task<ConversationFacts?> FactsAsync(string conversationId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                if (await ConversationRow.FindAsync(scope.Connection, conversationId) is not { } row)
                {
                    return null;
                }

                var displayName = row.Agent is null ? null : await scope.Connection.ExecuteScalarAsync<string?>(
                    "select display_name from agent where name = @agent", new { agent = row.Agent });
                var budget = channels.FirstOrDefault(channel => channel.Name == row.Channel)?.Budget;
                return new ConversationFacts(
                    row.Id, row.Channel, row.Account, row.Customer, row.Owner, row.Agent, displayName ?? row.Agent,
                    Enum.TryParse<HandoffReason>(row.HandoffReason, out var reason) ? reason : null,
                    row.HandedOffAt, row.CreatedAt, row.LastCustomerAt, row.Unread,
                    budget is null ? null : SendAllowance.Of(budget, row.BudgetUsed, row.OpenReplies, row.WindowFrom), scope.NowMs);
            },
            cancellationToken);

    /// <summary>The newest entries older than <paramref name="before"/>, oldest first.</summary>
    public Task<LogPage> PageAsync(string conversationId, LogCursor before, int take, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                take = Math.Clamp(take, 1, MostPerPage);
                var messages = await MessagesAsync(scope.Connection, conversationId, before.Message, take + 1);
                var replies = await RepliesAsync(scope.Connection, conversationId, before.Reply, take + 1);
                var events = await EventsAsync(scope.Connection, conversationId, before.Event, take + 1);
                return await WithTurnsAsync(scope.Connection, conversationId, Merge(messages, replies, events, before, take));
            },
            cancellationToken);

    /// <summary>
    /// Each of the three lists comes newest first. Taking the newest of their heads keeps every list whole down to the cursor,
    /// even where the clocks of two servers disagree.
    /// </summary>
    private static LogPage Merge(List<LogEntry> messages, List<LogEntry> replies, List<LogEntry> events, LogCursor before, int take)
    {
        var entries = new List<LogEntry>();
        int m = 0, r = 0, e = 0;
        while (entries.Count < take)
        {
            // A reply follows the message of the same millisecond, so it is taken first when going back.
            LogEntry? newest = null;
            foreach (var head in (LogEntry?[])[events.ElementAtOrDefault(e), replies.ElementAtOrDefault(r), messages.ElementAtOrDefault(m)])
            {
                newest = head is not null && (newest is null || head.At > newest.At) ? head : newest;
            }

            switch (newest)
            {
                case null:
                    return Page(hasMore: false);
                case MessageEntry:
                    m++;
                    break;
                case ReplyEntry:
                    r++;
                    break;
                default:
                    e++;
                    break;
            }

            entries.Add(newest);
        }

        return Page(m < messages.Count || r < replies.Count || e < events.Count);

        LogPage Page(bool hasMore)
        {
            var cursor = new LogCursor(
                m > 0 ? messages[m - 1].Seq : before.Message, r > 0 ? replies[r - 1].Seq : before.Reply, e > 0 ? events[e - 1].Seq : before.Event);
            entries.Reverse();
            return new LogPage(entries, hasMore, cursor);
        }
    }

    private static async Task<List<LogEntry>> MessagesAsync(DbConnection connection, string conversationId, long before, int take) =>
        [.. (await connection.QueryAsync<EntryRow>(
            """
            select seq as Seq, received_at as At, origin as Who, payload as Payload, state as State, error as Error
            from message where conversation_id = @conversationId and seq < @before order by seq desc limit @take
            """,
            new { conversationId, before, take }))
            .Select(row => new MessageEntry(row.Seq, row.At, Enum.Parse<MessageOrigin>(row.Who), StoredText.Message(row.Payload), row.State == "Dead", row.State == "Recalled", row.Error))];

    private static async Task<List<LogEntry>> RepliesAsync(DbConnection connection, string conversationId, long before, int take) =>
        [.. (await connection.QueryAsync<EntryRow>(
            """
            select r.seq as Seq, r.id as Id, r.created_at as At, r.author as Who, a.display_name as DisplayName, r.payload as Payload, r.state as State,
                   r.error as Error, r.turn_seq as TurnSeq, r.part as Part
            from reply r left join agent a on r.author = 'agent:' || a.name
            where r.conversation_id = @conversationId and r.seq < @before order by r.seq desc limit @take
            """,
            new { conversationId, before, take }))
            .Select(row => new ReplyEntry(
                row.Seq, row.At, row.Id!, row.Who, row.DisplayName ?? AgentAuthor.NameIn(row.Who), StoredText.Reply(row.Payload), Enum.Parse<ReplyState>(row.State!), row.Error, row.TurnSeq, row.Part))];

    private static async Task<List<LogEntry>> EventsAsync(DbConnection connection, string conversationId, long before, int take) =>
        [.. (await connection.QueryAsync<EntryRow>(
            """
            select e.seq as Seq, e.at as At, e.agent as Who, a.display_name as DisplayName, e.kind as State, e.detail as Payload
            from desk_event e left join agent a on a.name = e.agent
            where e.conversation_id = @conversationId and e.seq < @before and e.kind <> 'Replied' order by e.seq desc limit @take
            """,
            new { conversationId, before, take }))
            .Select(row => new DeskEventEntry(row.Seq, row.At, row.DisplayName ?? row.Who, Enum.Parse<DeskEventKind>(row.State!), row.Payload))];

    private static async Task<LogPage> WithTurnsAsync(DbConnection connection, string conversationId, LogPage page)
    {
        var turnSeqs = page.Entries.Select(entry => entry switch
        {
            MessageEntry message => message.Seq,
            ReplyEntry { TurnSeq: { } turn } => turn,
            _ => (long?)null,
        }).OfType<long>().ToList();
        if (turnSeqs.Count == 0)
        {
            return page;
        }

        var turns = (await connection.QueryAsync<TurnRow>(
            """
            select seq as Seq, outcome as Outcome, intent as Intent, confidence as Confidence, citations as Citations, timings as Timings
            from turn where conversation_id = @conversationId and seq between @first and @last
            """,
            new { conversationId, first = turnSeqs.Min(), last = turnSeqs.Max() })).ToDictionary(row => row.Seq, row => row.ToEvidence());
        return page with { Turns = turns };
    }

    private sealed class EntryRow
    {
        public long Seq { get; init; }

        public string? Id { get; init; }

        public long At { get; init; }

        public required string Who { get; init; }

        public string? DisplayName { get; init; }

        public required string Payload { get; init; }

        public string? State { get; init; }

        public string? Error { get; init; }

        public long? TurnSeq { get; init; }

        public int Part { get; init; }
    }

    private sealed class TurnRow
    {
        public long Seq { get; init; }

        public required string Outcome { get; init; }

        public required string Intent { get; init; }

        public double Confidence { get; init; }

        public required string Citations { get; init; }

        public required string Timings { get; init; }

        public TurnEvidence ToEvidence() => new(
            Seq,
            Enum.TryParse<TurnOutcome>(Outcome, out var outcome) ? outcome : TurnOutcome.Silent,
            new Intent(Intent, Confidence),
            JsonSerializer.Deserialize(Citations, SmartServiceJson.Stored.IReadOnlyListCitation) ?? [],
            JsonSerializer.Deserialize(Timings, SmartServiceJson.Stored.TurnTimings) ?? new TurnTimings(0, 0, 0));
    }
}
