using System.Text.Json;
using Dapper;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Desk;

/// <summary>What went wrong and waits for a person: messages set aside after several crashes, and replies that did not get through.</summary>
public sealed class Troubles(IDatabase database)
{
    public Task<IReadOnlyList<DeadMessage>> DeadMessagesAsync(int skip, int take, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<DeadMessage>>(
            async scope => [.. (await scope.Connection.QueryAsync<DeadRow>(
                """
                select m.seq as Seq, m.conversation_id as ConversationId, c.customer as Customer, m.payload as Payload, m.received_at as At, m.error as Error
                from message m join conversation c on c.id = m.conversation_id
                where m.state = 'Dead' order by m.seq desc limit @take offset @skip
                """,
                new { skip, take }))
                .Select(row => new DeadMessage(row.Seq, row.ConversationId, row.Customer, StoredText.Of(StoredText.Message(row.Payload)), row.At, row.Error))],
            cancellationToken);

    public Task<IReadOnlyList<UndeliveredReply>> UndeliveredAsync(int skip, int take, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<UndeliveredReply>>(
            async scope => [.. (await scope.Connection.QueryAsync<UndeliveredRow>(
                """
                select r.id as Id, r.conversation_id as ConversationId, c.customer as Customer, r.author as Author, r.payload as Payload,
                       r.state as State, r.created_at as At, r.error as Error
                from reply r join conversation c on c.id = r.conversation_id
                where r.state in ('Held', 'Unknown', 'Failed') order by r.seq desc limit @take offset @skip
                """,
                new { skip, take }))
                .Select(row => new UndeliveredReply(
                    row.Id, row.ConversationId, row.Customer, row.Author, StoredText.Of(StoredText.Reply(row.Payload)), Enum.Parse<ReplyState>(row.State), row.At, row.Error))],
            cancellationToken);

    /// <summary>Lets the bot try a message again that was set aside. Refused while a human has the conversation, for the bot would be silent.</summary>
    public Task<DeskResult> RepeatAsync(long seq, string agent, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope => await ConversationOfAsync(scope, seq) switch
            {
                { Owner: ConversationOwner.Agent } row => new DeskResult(DeskOutcome.OwnedByColleague, row.Agent),
                { Owner: ConversationOwner.Native } => new DeskResult(DeskOutcome.OwnedInPlatform),
                _ => await ActAsync(scope, agent, DeskEventKind.MessageRepeated, Number(seq), () => DeadMessages.RepeatDeadAsync(scope, database.Dialect, seq)),
            },
            cancellationToken);

    /// <summary>A person has dealt with a message that was set aside.</summary>
    public Task<DeskResult> CloseAsync(long seq, string agent, CancellationToken cancellationToken) =>
        ActAsync(agent, DeskEventKind.MessageClosed, Number(seq), scope => CloseAsync(scope, seq), cancellationToken);

    /// <summary>Sends a reply again. After <see cref="ReplyState.Unknown"/> the customer may get it twice.</summary>
    public Task<DeskResult> RetryAsync(string replyId, string agent, CancellationToken cancellationToken) =>
        ActAsync(
            agent,
            DeskEventKind.ReplyRetried,
            replyId,
            async scope => await SeqOfAsync(scope, replyId) is { } seq ? await StoredReplies.RetryReplyAsync(scope, database.Dialect, seq) : null,
            cancellationToken);

    /// <summary>Gives a reply up.</summary>
    public Task<DeskResult> DropAsync(string replyId, string agent, CancellationToken cancellationToken) =>
        ActAsync(
            agent,
            DeskEventKind.ReplyDropped,
            replyId,
            async scope => await SeqOfAsync(scope, replyId) is { } seq ? await StoredReplies.DropReplyAsync(scope, database.Dialect, seq) : null,
            cancellationToken);

    /// <summary>Does it and writes down who did, in one transaction. <paramref name="act"/> returns the conversation, or null when there was nothing to do.</summary>
    private Task<DeskResult> ActAsync(string agent, DeskEventKind kind, string detail, Func<WriteScope, Task<string?>> act, CancellationToken cancellationToken) =>
        database.WriteAsync(scope => ActAsync(scope, agent, kind, detail, () => act(scope)), cancellationToken);

    private static async Task<DeskResult> ActAsync(WriteScope scope, string agent, DeskEventKind kind, string detail, Func<Task<string?>> act)
    {
        if (await act() is not { } conversation)
        {
            return new DeskResult(DeskOutcome.Gone);
        }

        await DeskEvents.RecordAsync(scope, conversation, agent, kind, detail);
        return DeskResult.Done;
    }

    private async Task<string?> CloseAsync(WriteScope scope, long seq)
    {
        if (await ConversationOfAsync(scope, seq) is not { Id: var conversation })
        {
            return null;
        }

        var closed = await scope.Connection.ExecuteAsync(
            "update message set state = 'Done', error = null where seq = @seq and state = 'Dead'", new { seq }, scope.Transaction);
        if (closed == 0)
        {
            return null;
        }

        scope.Signal(StoreTopics.Conversation, conversation);
        return conversation;
    }

    private async Task<ConversationRow?> ConversationOfAsync(WriteScope scope, long seq) =>
        await scope.Connection.ExecuteScalarAsync<string?>("select conversation_id from message where seq = @seq", new { seq }, scope.Transaction) is { } id
            ? await ConversationRow.LockAsync(scope, database.Dialect, id)
            : null;

    private static Task<long?> SeqOfAsync(WriteScope scope, string replyId) =>
        scope.Connection.ExecuteScalarAsync<long?>("select seq from reply where id = @replyId", new { replyId }, scope.Transaction);

    private static string Number(long seq) => seq.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private sealed class DeadRow
    {
        public long Seq { get; init; }

        public required string ConversationId { get; init; }

        public required string Customer { get; init; }

        public required string Payload { get; init; }

        public long At { get; init; }

        public string? Error { get; init; }
    }

    private sealed class UndeliveredRow
    {
        public required string Id { get; init; }

        public required string ConversationId { get; init; }

        public required string Customer { get; init; }

        public required string Author { get; init; }

        public required string Payload { get; init; }

        public required string State { get; init; }

        public long At { get; init; }

        public string? Error { get; init; }
    }
}

/// <summary>A customer's message that the bot could not handle.</summary>
public sealed record DeadMessage(long Seq, string ConversationId, string Customer, string Text, long At, string? Error);

/// <summary>A reply that is kept because it did not get through.</summary>
public sealed record UndeliveredReply(string Id, string ConversationId, string Customer, string Author, string Text, ReplyState State, long At, string? Error);
