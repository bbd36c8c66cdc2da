using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using SmartService.Data;
using SmartService.Replies;

namespace SmartService.Bot.Delivery;

/// <summary>Records replies before anything is sent. The row's id is the idempotency key at the platform.</summary>
public static class ReplyOutbox
{
    /// <summary>Author of notices that are still sent after the conversation went to a human.</summary>
    public const string SystemAuthor = "system";

    /// <summary>Author of the bot's answers; unsent ones are dropped when a human takes over.</summary>
    public const string BotAuthor = "bot";

    /// <summary>
    /// Inserts the parts of one reply and makes the conversation due for delivery. The same <paramref name="key"/> gives the
    /// same ids, and rows that exist already are left alone, so repeating the transaction plans nothing twice.
    /// </summary>
    /// <param name="scope">The transaction.</param>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="turnSeq">The turn that decided it; null for what a human wrote.</param>
    /// <param name="author"><see cref="BotAuthor"/>, <see cref="SystemAuthor"/> or <c>agent:name</c>.</param>
    /// <param name="key">Names this reply within the conversation, for example <c>turn-17</c>.</param>
    /// <param name="parts">Parts that a channel has fitted to its limits.</param>
    public static async Task PlanAsync(WriteScope scope, string conversationId, long? turnSeq, string author, string key, IReadOnlyList<ReplyPart> parts)
    {
        for (var part = 0; part < parts.Count; part++)
        {
            await scope.Connection.ExecuteAsync(
                """
                insert into reply (id, conversation_id, turn_seq, part, author, payload, state, created_at, next_at)
                values (@id, @conversationId, @turnSeq, @part, @author, @payload, 'Planned', @now, @now)
                on conflict (id) do nothing
                """,
                new
                {
                    id = IdOf(conversationId, key, part),
                    conversationId,
                    turnSeq,
                    part,
                    author,
                    payload = JsonSerializer.Serialize(parts[part], SmartServiceJson.Stored.ReplyPart),
                    now = scope.NowMs,
                },
                scope.Transaction);
        }

        if (parts.Count > 0)
        {
            await scope.Connection.ExecuteAsync(
                "update conversation set deliver_at = @now where id = @conversationId",
                new { conversationId, now = scope.NowMs },
                scope.Transaction);
            scope.Signal(StoreTopics.Deliver);
            scope.Signal(StoreTopics.Conversation, conversationId);
        }
    }

    /// <summary>Drops what the bot has planned and not sent, because a human speaks now. Notices of the system stay.</summary>
    public static Task<int> DropUnsentAsync(WriteScope scope, string conversationId) =>
        scope.Connection.ExecuteAsync(
            "update reply set state = 'Dropped', next_at = null where conversation_id = @conversationId and author = @BotAuthor and state in ('Planned', 'Held')",
            new { conversationId, BotAuthor },
            scope.Transaction);

    /// <summary>Idempotency key: 32 hex characters of SHA-256, legal as kf <c>msgid</c>.</summary>
    public static string IdOf(string conversationId, string key, int part) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{conversationId}\n{key}\n{part}")))[..32];
}
