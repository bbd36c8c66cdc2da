using System.Text.Json;
using Dapper;
using SmartService.Bot;
using SmartService.Bot.Delivery;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Testing.Desk;

/// <summary>Writes conversations as the turn engine would have left them, for tests of the desk.</summary>
public sealed class ConversationSeed(IDatabase database, string account = "wkShop")
{
    /// <summary>The scripts that the desk needs.</summary>
    public static MigrationSet Migrations { get; } = new("bot", typeof(StoreTopics).Assembly);

    /// <summary>A conversation in which the customer has spoken <paramref name="minutesAgo"/> minutes ago.</summary>
    public async Task<string> ConversationAsync(
        string customer,
        ConversationOwner owner = ConversationOwner.Bot,
        string? agent = null,
        HandoffReason? reason = null,
        int minutesAgo = 0,
        int budgetUsed = 0,
        int unread = 0,
        string channel = "kf")
    {
        var id = ConversationId.Of(channel, account, customer);
        await database.WriteAsync(async scope =>
        {
            var at = scope.NowMs - (minutesAgo * 60_000L);
            await scope.Connection.ExecuteAsync(
                """
                insert into conversation (id, channel, account, customer, owner, agent, handoff_reason, handed_off_at, window_from, budget_used,
                  last_customer_at, last_activity_at, unread, created_at, dialogue)
                values (@id, @channel, @account, @customer, @owner, @agent, @reason, @handedOffAt, @at, @budgetUsed, @at, @at, @unread, @at, '{"declines":2}')
                """,
                new { id, channel, account, customer, owner = owner.ToString(), agent, reason = reason?.ToString(), handedOffAt = reason is null ? (long?)null : at, at, budgetUsed, unread },
                scope.Transaction);
            scope.Signal(StoreTopics.Conversation, id);
            return 0;
        });
        return id;
    }

    /// <summary>A message of the customer; returns its number.</summary>
    public Task<long> SaysAsync(string conversationId, string text, string state = "Done", MessageOrigin origin = MessageOrigin.Customer, string? error = null) =>
        MessageAsync(conversationId, new TextBody(text), state, origin, error);

    public Task<long> MessageAsync(string conversationId, MessageBody body, string state = "Done", MessageOrigin origin = MessageOrigin.Customer, string? error = null) =>
        database.WriteAsync(async scope =>
        {
            var seq = await scope.Connection.ExecuteScalarAsync<long>(
                """
                insert into message (conversation_id, channel, account, message_id, origin, sent_at, received_at, payload, state, error)
                values (@conversationId, 'kf', @account, @messageId, @origin, @now, @now, @payload, @state, @error) returning seq
                """,
                new
                {
                    conversationId, account, messageId = Guid.NewGuid().ToString("N"), origin = origin.ToString(), now = scope.NowMs,
                    payload = JsonSerializer.Serialize(body, SmartServiceJson.Stored.MessageBody), state, error,
                },
                scope.Transaction);
            await scope.Connection.ExecuteAsync(
                "update conversation set last_customer_at = @now, last_activity_at = @now where id = @conversationId", new { conversationId, now = scope.NowMs }, scope.Transaction);
            scope.Signal(StoreTopics.Conversation, conversationId);
            return seq;
        });

    /// <summary>A turn of the bot with its reply.</summary>
    public Task BotAnswersAsync(
        string conversationId, long turnSeq, string text, TurnOutcome outcome = TurnOutcome.Answered, IReadOnlyList<Citation>? citations = null, string state = "Sent", string? error = null) =>
        database.WriteAsync(async scope =>
        {
            await scope.Connection.ExecuteAsync(
                """
                insert into turn (conversation_id, seq, outcome, intent, confidence, citations, timings, due_at, finished_at)
                values (@conversationId, @turnSeq, @outcome, '退货政策', 0.93, @citations, @timings, @now, @now)
                """,
                new
                {
                    conversationId, turnSeq, outcome = outcome.ToString(), now = scope.NowMs,
                    citations = JsonSerializer.Serialize(citations ?? [], SmartServiceJson.Stored.IReadOnlyListCitation),
                    timings = JsonSerializer.Serialize(new TurnTimings(12, 3, 0), SmartServiceJson.Stored.TurnTimings),
                },
                scope.Transaction);
            await ReplyOutbox.PlanAsync(scope, conversationId, turnSeq, ReplyOutbox.BotAuthor, $"turn-{turnSeq}", [new TextPart(text)]);
            await scope.Connection.ExecuteAsync(
                "update reply set state = @state, error = @error where conversation_id = @conversationId and turn_seq = @turnSeq",
                new { state, error, conversationId, turnSeq },
                scope.Transaction);
            return 0;
        });

    /// <summary>What the customer's wish for a human does to a conversation.</summary>
    public Task HandOffAsync(string conversationId, HandoffReason reason = HandoffReason.Requested) =>
        database.WriteAsync(async scope =>
        {
            scope.Signal(StoreTopics.Conversation, conversationId);
            return await scope.Connection.ExecuteAsync(
                "update conversation set owner = 'Queue', handoff_reason = @reason, handed_off_at = @now where id = @conversationId",
                new { conversationId, reason = reason.ToString(), now = scope.NowMs },
                scope.Transaction);
        });

    /// <summary>What the sender does once the platform accepted everything.</summary>
    public Task DeliverAsync(string conversationId) =>
        database.WriteAsync(scope =>
        {
            scope.Signal(StoreTopics.Conversation, conversationId);
            return scope.Connection.ExecuteAsync(
                "update reply set state = 'Sent', sent_at = @now where conversation_id = @conversationId and state = 'Planned'",
                new { conversationId, now = scope.NowMs },
                scope.Transaction);
        });
}
