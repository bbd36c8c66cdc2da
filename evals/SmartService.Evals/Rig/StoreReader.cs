using System.Data.Common;
using Dapper;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace SmartService.Evals.Rig;

/// <summary>Reads the server's tables from outside, without its code: what is in the store is what a restart knows.</summary>
public sealed class StoreReader(Func<DbConnection> connect)
{
    public static StoreReader OfSqlite(string path) =>
        new(() => new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString()));

    public static StoreReader OfPostgres(string connectionString) => new(() => new NpgsqlConnection(connectionString));

    public async Task<StoreContents> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellationToken);
        var messages = await connection.QueryAsync<StoredMessage>(
            """
            select seq as Seq, conversation_id as ConversationId, message_id as MessageId, state as State
            from message where origin = 'Customer' order by seq
            """);
        var turns = await connection.QueryAsync<StoredTurn>(
            """
            select conversation_id as ConversationId, seq as Seq, outcome as Outcome, due_at as DueAtMs, finished_at as FinishedAtMs
            from turn order by conversation_id, seq
            """);
        var replies = await connection.QueryAsync<StoredReply>(
            """
            select seq as Seq, id as Id, conversation_id as ConversationId, turn_seq as TurnSeq, cast(part as bigint) as Part, state as State
            from reply order by seq
            """);
        return new StoreContents([.. messages], [.. turns], [.. replies]);
    }

    /// <summary>How many customer messages are written down.</summary>
    public async Task<long> CountMessagesAsync(CancellationToken cancellationToken)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>("select count(*) from message where origin = 'Customer'");
    }

    /// <summary>Whether the server has nothing left to do.</summary>
    public async Task<bool> IsQuietAsync(CancellationToken cancellationToken)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
            """
            select (select count(*) from conversation where due_at is not null)
                + (select count(*) from message where state = 'Waiting')
                + (select count(*) from reply where state in ('Planned', 'Sending'))
            """) == 0;
    }
}

/// <summary>The tables that tell what became of the messages.</summary>
public sealed record StoreContents(
    IReadOnlyList<StoredMessage> Messages, IReadOnlyList<StoredTurn> Turns, IReadOnlyList<StoredReply> Replies);

public sealed record StoredMessage(long Seq, string ConversationId, string MessageId, string State);

public sealed record StoredTurn(string ConversationId, long Seq, string Outcome, long DueAtMs, long FinishedAtMs);

/// <param name="Seq">Order in which replies were recorded.</param>
/// <param name="Id">The idempotency key at the platform.</param>
/// <param name="ConversationId">The conversation.</param>
/// <param name="TurnSeq">The turn that decided it; null for what a human wrote.</param>
/// <param name="Part">Position within the reply.</param>
/// <param name="State">What became of it.</param>
public sealed record StoredReply(long Seq, string Id, string ConversationId, long? TurnSeq, long Part, string State);
