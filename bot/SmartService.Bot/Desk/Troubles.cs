using System.Text.Json;
using Dapper;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;

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

    /// <summary>Lets the bot try a message again that was set aside.</summary>
    public Task<DeskResult> RepeatAsync(long seq, string agent, CancellationToken cancellationToken) =>
        CloseAsync(seq, agent, "Waiting", DeskEventKind.MessageRepeated, cancellationToken);

    /// <summary>A person has dealt with a message that was set aside.</summary>
    public Task<DeskResult> CloseAsync(long seq, string agent, CancellationToken cancellationToken) =>
        CloseAsync(seq, agent, "Done", DeskEventKind.MessageClosed, cancellationToken);

    /// <summary>Sends a reply again under its old id. After <see cref="ReplyState.Unknown"/> the customer may get it twice where the platform has no such id.</summary>
    public Task<DeskResult> RetryAsync(string replyId, string agent, CancellationToken cancellationToken) =>
        MoveAsync(replyId, agent, "state = 'Planned', attempts = 0, next_at = @now, error = null", DeskEventKind.ReplyRetried, cancellationToken);

    /// <summary>Gives a reply up.</summary>
    public Task<DeskResult> DropAsync(string replyId, string agent, CancellationToken cancellationToken) =>
        MoveAsync(replyId, agent, "state = 'Dropped', next_at = null", DeskEventKind.ReplyDropped, cancellationToken);

    private Task<DeskResult> CloseAsync(long seq, string agent, string state, DeskEventKind kind, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var conversation = await scope.Connection.ExecuteScalarAsync<string?>(
                    "select conversation_id from message where seq = @seq", new { seq }, scope.Transaction);
                if (conversation is null || await ConversationRow.LockAsync(scope, database.Dialect, conversation) is null)
                {
                    return new DeskResult(DeskOutcome.Gone);
                }

                var changed = await scope.Connection.ExecuteAsync(
                    "update message set state = @state, error = null where seq = @seq and state = 'Dead'", new { seq, state }, scope.Transaction);
                if (changed == 0)
                {
                    return new DeskResult(DeskOutcome.Gone);
                }

                if (kind == DeskEventKind.MessageRepeated)
                {
                    await scope.Connection.ExecuteAsync(
                        "update conversation set due_at = @now, first_waiting_at = @now, attempts = 0 where id = @conversation",
                        new { conversation, now = scope.NowMs },
                        scope.Transaction);
                    scope.Signal(StoreTopics.Turn);
                }

                await DeskEvents.RecordAsync(scope, conversation, agent, kind, seq.ToString(System.Globalization.CultureInfo.InvariantCulture));
                scope.Signal(StoreTopics.Conversation, conversation);
                return DeskResult.Done;
            },
            cancellationToken);

    private Task<DeskResult> MoveAsync(string replyId, string agent, string assignments, DeskEventKind kind, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var conversation = await scope.Connection.ExecuteScalarAsync<string?>(
                    "select conversation_id from reply where id = @replyId", new { replyId }, scope.Transaction);
                if (conversation is null || await ConversationRow.LockAsync(scope, database.Dialect, conversation) is null)
                {
                    return new DeskResult(DeskOutcome.Gone);
                }

                var changed = await scope.Connection.ExecuteAsync(
                    $"update reply set {assignments} where id = @replyId and state in ('Held', 'Unknown', 'Failed')",
                    new { replyId, now = scope.NowMs },
                    scope.Transaction);
                if (changed == 0)
                {
                    return new DeskResult(DeskOutcome.Gone);
                }

                if (kind == DeskEventKind.ReplyRetried)
                {
                    await scope.Connection.ExecuteAsync(
                        "update conversation set deliver_at = @now where id = @conversation", new { conversation, now = scope.NowMs }, scope.Transaction);
                    scope.Signal(StoreTopics.Deliver);
                }

                await DeskEvents.RecordAsync(scope, conversation, agent, kind, replyId);
                scope.Signal(StoreTopics.Conversation, conversation);
                return DeskResult.Done;
            },
            cancellationToken);

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
