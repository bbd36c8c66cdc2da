using System.Text.Json;
using Dapper;
using SmartService.Bot;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Server.Asking;

/// <summary>Puts a question into the inbox and waits until its turn has been recorded. Thread-safe.</summary>
public sealed class AskSession(IInbox inbox, IDatabase database, TimeProvider time)
{
    /// <summary>Name of the channel that nobody listens on but this session.</summary>
    public const string Channel = "ask";

    private const string Account = "local";

    /// <summary>Asks and returns what was decided. One question at a time per conversation.</summary>
    public async Task<AskAnswer> AskAsync(string conversation, string text, CancellationToken cancellationToken = default)
    {
        var message = new InboundMessage
        {
            Channel = Channel,
            Account = Account,
            Customer = conversation,
            MessageId = Guid.NewGuid().ToString("N"),
            SentAt = time.GetUtcNow(),
            Origin = MessageOrigin.Customer,
            Body = new TextBody(text),
        };
        using var changed = new SemaphoreSlim(0);
        using var subscription = database.Signals.Subscribe(StoreTopics.Conversation, id =>
        {
            if (id == message.ConversationId)
            {
                changed.Release();
            }
        });
        await inbox.AcceptAsync([message], cancellationToken);
        while (true)
        {
            if (await FindAsync(message, cancellationToken) is { } answer)
            {
                return answer;
            }

            // A signal is only a hint, so look again from time to time.
            await changed.WaitAsync(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private Task<AskAnswer?> FindAsync(InboundMessage message, CancellationToken cancellationToken) => database.ReadAsync(
        async scope =>
        {
            var turn = await scope.Connection.QuerySingleOrDefaultAsync<TurnRow>(
                """
                select t.seq, t.outcome, t.intent, t.confidence, t.citations, t.timings
                from message m join turn t on t.conversation_id = m.conversation_id and t.seq = m.seq
                where m.channel = @Channel and m.account = @Account and m.message_id = @MessageId
                """,
                new { message.Channel, message.Account, message.MessageId });
            if (turn is null)
            {
                return null;
            }

            var replies = await scope.Connection.QueryAsync<string>(
                "select payload from reply where conversation_id = @ConversationId and turn_seq = @Seq order by seq",
                new { message.ConversationId, turn.Seq });
            return new AskAnswer(
                Enum.Parse<TurnOutcome>(turn.Outcome),
                [.. replies.Select(payload => JsonSerializer.Deserialize(payload, SmartServiceJson.Stored.ReplyPart)!)],
                JsonSerializer.Deserialize(turn.Citations, SmartServiceJson.Stored.IReadOnlyListCitation) ?? [],
                new Intent(turn.Intent, turn.Confidence),
                JsonSerializer.Deserialize(turn.Timings, SmartServiceJson.Stored.TurnTimings)!);
        },
        cancellationToken);

    private sealed record TurnRow(long Seq, string Outcome, string Intent, double Confidence, string Citations, string Timings);
}
