using System.Text.Json;
using Dapper;
using SmartService.Bot.Desk;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Reads what a turn is decided on.</summary>
internal sealed class TurnReader(IDatabase database)
{
    private const int MostMessages = 50;
    private const int MostHistory = 20;

    /// <summary>The messages that wait; after a failed try only the first, so that a poisonous one does not take others with it.</summary>
    public Task<IReadOnlyList<StoredMessage>> WaitingAsync(TurnLease lease, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(
            async scope => (await scope.Connection.QueryAsync<StoredMessage>(
                """
                select seq as Seq, message_id as MessageId, origin as Origin, sent_at as SentAt, received_at as ReceivedAt, payload as Payload
                from message where conversation_id = @ConversationId and state = 'Waiting' order by seq limit @count
                """,
                new { lease.ConversationId, count = lease.Attempts > 1 ? 1 : MostMessages })).AsList(),
            cancellationToken);

    /// <summary>When the customer or a human last wrote before <paramref name="seq"/>; 0 for never.</summary>
    public Task<long> LastActivityAsync(TurnLease lease, long seq, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => Math.Max(
                lease.LastHumanAt,
                await scope.Connection.ExecuteScalarAsync<long?>(
                    "select max(sent_at) from message where conversation_id = @ConversationId and seq < @seq and origin in ('Customer', 'Servicer')",
                    new { lease.ConversationId, seq }) ?? 0),
            cancellationToken);

    public async Task<TurnContext> ContextAsync(TurnLease lease, ConversationOwner owner, IReadOnlyList<StoredMessage> waiting, CancellationToken cancellationToken) =>
        new()
        {
            ConversationId = lease.ConversationId,
            Channel = lease.Channel,
            Account = lease.Account,
            Customer = lease.Customer,
            Owner = owner,
            Seq = waiting[^1].Seq,
            Messages = waiting.Select(message => message.ToInbound(lease)).ToList(),
            History = await HistoryAsync(lease.ConversationId, waiting[0].Seq, cancellationToken),
            State = StoredDialogue.Read(lease.Dialogue),
            Now = DateTimeOffset.FromUnixTimeMilliseconds(lease.TakenAt),
        };

    private Task<IReadOnlyList<HistoryEntry>> HistoryAsync(string conversationId, long before, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<HistoryEntry>>(
            async scope =>
            {
                var parameters = new { conversationId, before, count = MostHistory };
                var said = await scope.Connection.QueryAsync<Utterance>(
                    """
                    select origin as Speaker, payload as Payload, received_at as At, 0 as IsReply from message
                    where conversation_id = @conversationId and seq < @before and origin <> 'System' and state in ('Done', 'Ignored', 'Dead')
                    order by seq desc limit @count
                    """,
                    parameters);
                var answered = await scope.Connection.QueryAsync<Utterance>(
                    """
                    select author as Speaker, payload as Payload, created_at as At, 1 as IsReply from reply
                    where conversation_id = @conversationId and state <> 'Dropped' order by seq desc limit @count
                    """,
                    parameters);

                // Newest first on both sides; a reply is younger than the message that it answers, also within a millisecond.
                return answered.Concat(said).OrderByDescending(entry => entry.At).Take(MostHistory).Reverse()
                    .Select(entry => entry.ToEntry()).ToList();
            },
            cancellationToken);

    private sealed class Utterance
    {
        public string Speaker { get; init; } = "";

        public string Payload { get; init; } = "";

        public long At { get; init; }

        public int IsReply { get; init; }

        public HistoryEntry ToEntry()
        {
            // What cannot be read has its failure behind it as a message; as history it must not fail every later turn.
            var text = IsReply == 1 ? Wording.Of(StoredText.Reply(Payload)) : Wording.Of(StoredText.Message(Payload));
            var role = Speaker switch
            {
                nameof(MessageOrigin.Customer) => HistoryRole.Customer,
                Delivery.ReplyOutbox.BotAuthor or Delivery.ReplyOutbox.SystemAuthor => HistoryRole.Bot,
                _ => HistoryRole.Agent,
            };
            return new HistoryEntry(role, text, DateTimeOffset.FromUnixTimeMilliseconds(At));
        }
    }
}

/// <summary>A message as it lies in the store; its payload is read only where a failure counts against it.</summary>
internal sealed class StoredMessage
{
    public long Seq { get; init; }

    public string MessageId { get; init; } = "";

    public string Origin { get; init; } = "";

    public long SentAt { get; init; }

    public long ReceivedAt { get; init; }

    public string Payload { get; init; } = "";

    public InboundMessage ToInbound(TurnLease lease) =>
        new()
        {
            Channel = lease.Channel,
            Account = lease.Account,
            Customer = lease.Customer,
            MessageId = MessageId,
            SentAt = DateTimeOffset.FromUnixTimeMilliseconds(SentAt),
            Origin = Enum.Parse<MessageOrigin>(Origin),
            Body = JsonSerializer.Deserialize(Payload, SmartServiceJson.Stored.MessageBody)!,
        };
}
