using System.Text.Json;
using Dapper;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>What a human agent does with a conversation. Each act is one transaction that locks the conversation first, so of two agents one wins and the other is told.</summary>
public sealed class ConversationDesk(IDatabase database, IEnumerable<IChannel> channels)
{
    private readonly Dictionary<string, IChannel> _channels = channels.ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    /// <summary>
    /// Makes <paramref name="agent"/> the one who speaks. What the bot had planned and not sent is dropped.
    /// </summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="agent">Account name of the agent.</param>
    /// <param name="from">A colleague to take it from, as the page showed it; null when nobody should have it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<DeskResult> TakeAsync(string conversationId, string agent, string? from, CancellationToken cancellationToken) =>
        ActAsync(conversationId, (scope, row) => TakeAsync(scope, row, agent, from), cancellationToken);

    /// <summary>
    /// Records a reply, which leaves through the outbox like the bot's. Takes the conversation first when nobody has it. The
    /// same <paramref name="clientId"/> sends once, however often the button was pressed.
    /// </summary>
    public Task<DeskResult> ReplyAsync(string conversationId, string agent, string clientId, string text, CancellationToken cancellationToken) =>
        string.IsNullOrWhiteSpace(text)
            ? Task.FromResult(new DeskResult(DeskOutcome.Empty))
            : ActAsync(conversationId, (scope, row) => ReplyAsync(scope, row, agent, "desk-" + clientId, text.Trim()), cancellationToken);

    /// <summary>Lets the bot answer again, and tells the customer where the platform allows it.</summary>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="agent">Account name of the agent who has it.</param>
    /// <param name="note">For colleagues who read the conversation later; never sent.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<DeskResult> GiveBackAsync(string conversationId, string agent, string? note, CancellationToken cancellationToken) =>
        ActAsync(conversationId, (scope, row) => GiveBackAsync(scope, row, agent, note), cancellationToken);

    /// <summary>Passes the conversation on to a colleague.</summary>
    public Task<DeskResult> TransferAsync(string conversationId, string agent, string colleague, CancellationToken cancellationToken) =>
        ActAsync(conversationId, (scope, row) => TransferAsync(scope, row, agent, colleague), cancellationToken);

    /// <summary>The agent has seen what the customer wrote.</summary>
    public Task MarkReadAsync(string conversationId, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var changed = await scope.Connection.ExecuteAsync(
                    "update conversation set unread = 0 where id = @conversationId and unread <> 0", new { conversationId }, scope.Transaction);
                if (changed > 0)
                {
                    scope.Signal(StoreTopics.Conversation, conversationId);
                }

                return changed;
            },
            cancellationToken);

    private Task<DeskResult> ActAsync(string conversationId, Func<WriteScope, ConversationRow, Task<DeskResult>> act, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope => await ConversationRow.LockAsync(scope, database.Dialect, conversationId) is { } row
                ? await act(scope, row)
                : new DeskResult(DeskOutcome.Gone),
            cancellationToken);

    private static async Task<DeskResult> TakeAsync(WriteScope scope, ConversationRow row, string agent, string? from)
    {
        if (RefuseTaking(row, agent, from) is { } refused)
        {
            return refused;
        }

        if (row.Owner == ConversationOwner.Agent && row.Agent == agent)
        {
            return DeskResult.Done;
        }

        // A conversation that the bot had was not handed off: the agent steps in by himself.
        await scope.Connection.ExecuteAsync(
            """
            update conversation set owner = 'Agent', agent = @agent, last_activity_at = @now, last_agent_at = @now,
              handoff_reason = case when owner = 'Bot' then 'TakenOver' else handoff_reason end,
              handed_off_at = case when owner = 'Bot' then @now else handed_off_at end
            where id = @id
            """,
            new { id = row.Id, agent, now = scope.NowMs },
            scope.Transaction);
        await scope.Connection.ExecuteAsync(
            "update reply set state = 'Dropped', next_at = null where conversation_id = @id and author = @bot and state in ('Planned', 'Held')",
            new { id = row.Id, bot = ReplyOutbox.BotAuthor },
            scope.Transaction);
        var kind = row.Owner == ConversationOwner.Agent ? DeskEventKind.TakenFromColleague : DeskEventKind.Taken;
        await DeskEvents.RecordAsync(scope, row.Id, agent, kind, row.Agent);
        scope.Signal(StoreTopics.Conversation, row.Id);
        return DeskResult.Done;
    }

    private async Task<DeskResult> ReplyAsync(WriteScope scope, ConversationRow row, string agent, string key, string text)
    {
        if (!_channels.TryGetValue(row.Channel, out var channel))
        {
            return new DeskResult(DeskOutcome.NoChannel);
        }

        var first = ReplyOutbox.IdOf(row.Id, key, 0);
        if (await scope.Connection.ExecuteScalarAsync<long>("select count(*) from reply where id = @first", new { first }, scope.Transaction) > 0)
        {
            return DeskResult.Done;
        }

        if (RefuseTaking(row, agent, from: null) is { } refused)
        {
            return refused;
        }

        // A reply that is refused must not take the conversation. Taking it will drop what the bot has planned, which gives its place back.
        var freed = row.Owner == ConversationOwner.Agent ? 0 : await scope.Connection.ExecuteScalarAsync<int>(
            "select count(*) from reply where conversation_id = @id and author = @bot and state = 'Planned'",
            new { id = row.Id, bot = ReplyOutbox.BotAuthor },
            scope.Transaction);
        var allowance = SendAllowance.Of(channel.Budget, row.BudgetUsed, row.OpenReplies - freed, row.WindowFrom);
        var open = allowance.IsOpen(scope.NowMs);
        var allowed = open ? allowance.Left : allowance.Total;
        var fitted = channel.Fit([new TextPart(text)], allowed);
        if (fitted.Rest is not null)
        {
            return new DeskResult(DeskOutcome.TooLong, Allowed: allowed);
        }

        if (fitted.Parts.Count == 0)
        {
            return new DeskResult(DeskOutcome.Empty);
        }

        await TakeAsync(scope, row, agent, from: null);
        await ReplyOutbox.PlanAsync(scope, row.Id, turnSeq: null, AgentAuthor.Of(agent), key, fitted.Parts);
        await scope.Connection.ExecuteAsync(
            "update conversation set last_agent_at = @now, last_activity_at = @now, unread = 0 where id = @id",
            new { id = row.Id, now = scope.NowMs },
            scope.Transaction);
        await scope.Connection.ExecuteAsync(
            "delete from draft where conversation_id = @id and agent = @agent", new { id = row.Id, agent }, scope.Transaction);
        await DeskEvents.RecordAsync(scope, row.Id, agent, DeskEventKind.Replied, first);
        return new DeskResult(DeskOutcome.Done, Parts: fitted.Parts.Count, Held: !open);
    }

    private async Task<DeskResult> GiveBackAsync(WriteScope scope, ConversationRow row, string agent, string? note)
    {
        if (Refuse(row, agent) is { } refused)
        {
            return refused;
        }

        // The bot starts afresh: old failures would hand the conversation off again at the first miss.
        var dialogue = StoredDialogue.Read(row.Dialogue) with
        {
            Declines = 0, Flow = null, Continuation = null,
        };
        await scope.Connection.ExecuteAsync(
            """
            update conversation set owner = 'Bot', agent = null, handoff_reason = null, handed_off_at = null, unread = 0,
              dialogue = @dialogue, last_activity_at = @now
            where id = @id
            """,
            new { id = row.Id, dialogue = JsonSerializer.Serialize(dialogue, SmartServiceJson.Stored.DialogueState), now = scope.NowMs },
            scope.Transaction);
        await DeskEvents.RecordAsync(scope, row.Id, agent, DeskEventKind.GaveBack, string.IsNullOrWhiteSpace(note) ? null : note.Trim());
        scope.Signal(StoreTopics.Conversation, row.Id);
        return DeskResult.Done with { CustomerTold = await TellCustomerAsync(scope, row) };
    }

    /// <summary>A notice that could only be sent much later would be wrong by then, so it is left out when the allowance is used up.</summary>
    private async Task<bool> TellCustomerAsync(WriteScope scope, ConversationRow row)
    {
        if (!_channels.TryGetValue(row.Channel, out var channel)
            || SendAllowance.Of(channel.Budget, row.BudgetUsed, row.OpenReplies, row.WindowFrom) is not { } allowance
            || !allowance.IsOpen(scope.NowMs))
        {
            return false;
        }

        var notice = channel.Fit([new TextPart(DeskTexts.BackToBot)], maxParts: 1);
        await ReplyOutbox.PlanAsync(scope, row.Id, turnSeq: null, ReplyOutbox.SystemAuthor, $"back-{row.HandedOffAt}-{scope.NowMs}", notice.Parts);
        return true;
    }

    private static async Task<DeskResult> TransferAsync(WriteScope scope, ConversationRow row, string agent, string colleague)
    {
        if (Refuse(row, agent) is { } refused)
        {
            return refused;
        }

        var known = await scope.Connection.ExecuteScalarAsync<long>(
            "select count(*) from agent where name = @colleague and disabled = 0", new { colleague }, scope.Transaction);
        if (known == 0 || colleague == agent)
        {
            return new DeskResult(DeskOutcome.NoColleague);
        }

        await scope.Connection.ExecuteAsync(
            "update conversation set agent = @colleague, last_activity_at = @now where id = @id",
            new { id = row.Id, colleague, now = scope.NowMs },
            scope.Transaction);
        await DeskEvents.RecordAsync(scope, row.Id, agent, DeskEventKind.Transferred, colleague);
        scope.Signal(StoreTopics.Conversation, row.Id);
        return DeskResult.Done;
    }

    private static DeskResult? RefuseTaking(ConversationRow row, string agent, string? from) => row.Owner switch
    {
        ConversationOwner.Native => new DeskResult(DeskOutcome.OwnedInPlatform),
        ConversationOwner.Agent when row.Agent != agent && row.Agent != from => new DeskResult(DeskOutcome.OwnedByColleague, row.Agent),
        _ => null,
    };

    private static DeskResult? Refuse(ConversationRow row, string agent) => row.Owner switch
    {
        ConversationOwner.Agent when row.Agent == agent => null,
        ConversationOwner.Agent => new DeskResult(DeskOutcome.OwnedByColleague, row.Agent),
        ConversationOwner.Native => new DeskResult(DeskOutcome.OwnedInPlatform),
        ConversationOwner.Queue => new DeskResult(DeskOutcome.Gone),
        _ => new DeskResult(DeskOutcome.OwnedByBot),
    };
}
