using Dapper;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>The list on the left of the desk: who waits first, then mine, then colleagues', then what is in trouble, then recent ones.</summary>
public sealed class ConversationQueue(IDatabase database)
{
    public const int MostPerPage = 200;

    private const string Columns =
        """
        c.id as Id, c.channel as Channel, c.account as Account, c.customer as Customer, c.owner as OwnerName, c.agent as Agent, a.display_name as AgentDisplayName,
        c.handoff_reason as HandoffReasonName, c.handed_off_at as HandedOffAt, c.last_activity_at as LastActivityAt, c.unread as Unread,
        (select m.payload from message m where m.conversation_id = c.id and m.origin <> 'System' order by m.seq desc limit 1) as Preview
        """;

    /// <summary>Conversations in the order in which they should be looked at.</summary>
    public Task<QueuePage> ListAsync(string agent, int skip, int take, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                take = Math.Clamp(take, 1, MostPerPage);
                // The first two parts are bounded by what people can handle; the long tail is read by index and only as far as the page needs.
                var rows = await scope.Connection.QueryAsync<Row>(
                    $"""
                    with trouble as (
                      select conversation_id as id from message where state = 'Dead'
                      union select conversation_id from reply where state in ('Held', 'Unknown', 'Failed')),
                    ranked as (
                      select id, case when owner = 'Queue' then 0 when owner = 'Agent' and agent = @agent then 1 else 2 end as rank,
                        case when owner = 'Queue' then coalesce(handed_off_at, created_at) else -coalesce(last_activity_at, created_at) end as position
                      from conversation where owner in ('Queue', 'Agent', 'Native')
                      union all
                      select id, 3, -coalesce(last_activity_at, created_at) from conversation where owner = 'Bot' and id in (select id from trouble)
                      union all
                      select id, rank, position from (
                        select id, 4 as rank, -coalesce(last_activity_at, created_at) as position from conversation
                        where owner = 'Bot' and id not in (select id from trouble) order by last_activity_at desc limit @most) recent)
                    select {Columns}, r.rank as Rank, case when t.id is null then 0 else 1 end as Troubled
                    from (select id, rank, position from ranked order by rank, position, id limit @fetch offset @skip) r
                    join conversation c on c.id = r.id left join agent a on a.name = c.agent left join trouble t on t.id = c.id
                    order by r.rank, r.position, r.id
                    """,
                    new { agent, skip, fetch = take + 1, most = skip + take + 1 });
                return PageOf(rows, take, scope.NowMs);
            },
            cancellationToken);

    /// <summary>Conversations in which the customer's id or anything that was said contains <paramref name="text"/>, newest first.</summary>
    public Task<QueuePage> SearchAsync(string agent, string text, int skip, int take, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                take = Math.Clamp(take, 1, MostPerPage);
                var rows = await scope.Connection.QueryAsync<Row>(
                    $"""
                    select {Columns}, case when c.owner = 'Queue' then 0 when c.owner = 'Agent' and c.agent = @agent then 1 when c.owner = 'Bot' then 4 else 2 end as Rank, 0 as Troubled
                    from conversation c left join agent a on a.name = c.agent
                    where lower(c.customer) like @pattern escape '\' or c.id in (
                      select conversation_id from message where lower({TextOf("payload")}) like @pattern escape '\'
                      union select conversation_id from reply where lower({TextOf("payload")}) like @pattern escape '\')
                    order by coalesce(c.last_activity_at, c.created_at) desc, c.id limit @fetch offset @skip
                    """,
                    new { agent, pattern = Pattern(text), skip, fetch = take + 1 });
                return PageOf(rows, take, scope.NowMs);
            },
            cancellationToken);

    /// <summary>What waits, for badges and the page's title.</summary>
    public Task<QueueCounts> CountAsync(string agent, CancellationToken cancellationToken) =>
        database.ReadAsync(
            scope => scope.Connection.QuerySingleAsync<QueueCounts>(
                """
                select (select count(*) from conversation where owner = 'Queue') as Waiting,
                       (select count(*) from conversation where owner = 'Agent' and agent = @agent and unread > 0) as Unread,
                       (select count(*) from message where state = 'Dead') as DeadMessages,
                       (select count(*) from reply where state in ('Held', 'Unknown', 'Failed')) as Undelivered
                """,
                new { agent }),
            cancellationToken);

    /// <summary>A payload that the store's own JSON functions refuse is searched as it is: one such row must not end every search.</summary>
    private string TextOf(string column) => database.Dialect.IsPostgres
        ? $"(case when strpos({column}, '\\u0000') > 0 then {column} else {column}::json ->> 'text' end)"
        : $"(case when json_valid({column}) and instr({column}, '\\u0000') = 0 then json_extract({column}, '$.text') else {column} end)";

    private static string Pattern(string text) =>
        "%" + text.Replace("\0", "", StringComparison.Ordinal).Trim().ToLowerInvariant().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";

    private static QueuePage PageOf(IEnumerable<Row> rows, int take, long nowMs)
    {
        var entries = rows.Select(row => row.ToEntry()).ToList();
        return new QueuePage([.. entries.Take(take)], entries.Count > take, nowMs);
    }

    private sealed class Row
    {
        public required string Id { get; init; }

        public required string Channel { get; init; }

        public required string Account { get; init; }

        public required string Customer { get; init; }

        public required string OwnerName { get; init; }

        public string? Agent { get; init; }

        public string? AgentDisplayName { get; init; }

        public string? HandoffReasonName { get; init; }

        public long? HandedOffAt { get; init; }

        public long? LastActivityAt { get; init; }

        public int Unread { get; init; }

        public string? Preview { get; init; }

        public int Rank { get; init; }

        public int Troubled { get; init; }

        public QueueEntry ToEntry() => new(
            Id, Channel, Customer, Enum.Parse<ConversationOwner>(OwnerName), Agent, AgentDisplayName ?? Agent,
            Enum.TryParse<HandoffReason>(HandoffReasonName, out var reason) ? reason : null,
            HandedOffAt, LastActivityAt, Unread, Preview is null ? "" : StoredText.Of(StoredText.Message(Preview)), (QueueSection)Rank, Troubled != 0);
    }
}

/// <summary>The parts of the list, in order.</summary>
public enum QueueSection
{
    Waiting,
    Mine,
    Colleagues,
    Trouble,
    Recent,
}

/// <summary>One line of the list. Times are Unix milliseconds.</summary>
public sealed record QueueEntry(
    string Id,
    string Channel,
    string Customer,
    ConversationOwner Owner,
    string? Agent,
    string? AgentDisplayName,
    HandoffReason? HandoffReason,
    long? HandedOffAt,
    long? LastActivityAt,
    int Unread,
    string Preview,
    QueueSection Section,
    bool InTrouble);

/// <summary>A page of the list.</summary>
public sealed record QueuePage(IReadOnlyList<QueueEntry> Entries, bool HasMore, long NowMs);

/// <summary>What waits for people.</summary>
public sealed class QueueCounts
{
    public int Waiting { get; init; }

    public int Unread { get; init; }

    public int DeadMessages { get; init; }

    public int Undelivered { get; init; }

    public int Troubles => DeadMessages + Undelivered;
}
