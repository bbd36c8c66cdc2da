using Dapper;
using SmartService.Bot;
using SmartService.Data;
using SmartService.Data.Postgres;
using SmartService.Data.Sqlite;
using SmartService.Evals.Rig;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Rig;

public sealed class StoreReaderTests
{
    private static readonly MigrationSet Bot = new("bot", typeof(StoreTopics).Assembly);

    [Fact]
    public async Task Sqlite_is_read_while_the_server_has_it_open()
    {
        var path = Path.Combine(TempFolder.Create(), DataServices.FileName);
        await using var database = new SqliteDatabase(path, TimeProvider.System);

        await CheckAsync(database, StoreReader.OfSqlite(path));
    }

    [Fact]
    public async Task Postgres_is_read_the_same_way()
    {
        var connection = await TestStores.PostgresConnectionStringAsync();
        await using var database = new PostgresDatabase(connection, TimeProvider.System);

        await CheckAsync(database, StoreReader.OfPostgres(connection));
    }

    private static async Task CheckAsync(IDatabase database, StoreReader reader)
    {
        await database.MigrateAsync([Bot]);
        Assert.True(await reader.IsQuietAsync(TestContext.Current.CancellationToken));
        await database.WriteAsync(async scope =>
        {
            await scope.Connection.ExecuteAsync(
                """
                insert into conversation (id, channel, account, customer, created_at) values ('kf:a:c', 'kf', 'a', 'c', 0);
                insert into message (conversation_id, channel, account, message_id, origin, sent_at, received_at, payload, state)
                  values ('kf:a:c', 'kf', 'a', 'm1', 'Customer', 1, 2, '{}', 'Waiting'), ('kf:a:c', 'kf', 'a', 'e1', 'System', 1, 2, '{}', 'Done');
                insert into turn (conversation_id, seq, outcome, intent, confidence, citations, timings, due_at, finished_at)
                  values ('kf:a:c', 1, 'Answered', 'none', 0, '[]', '{}', 1000, 1010);
                insert into reply (id, conversation_id, turn_seq, part, author, payload, state, created_at)
                  values ('r1', 'kf:a:c', 1, 0, 'bot', '{}', 'Sent', 1), ('r2', 'kf:a:c', null, 1, 'agent:li', '{}', 'Held', 1);
                """,
                transaction: scope.Transaction);
            return 0;
        }, TestContext.Current.CancellationToken);

        var contents = await reader.ReadAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("m1", "Waiting"), Assert.Single(contents.Messages.Select(message => (message.MessageId, message.State))));
        Assert.Equal(("Answered", 1000, 1010), Assert.Single(contents.Turns.Select(turn => (turn.Outcome, turn.DueAtMs, turn.FinishedAtMs))));
        Assert.Equal([("r1", 1L, 0L, "Sent"), ("r2", null, 1L, "Held")], contents.Replies.Select(reply => (reply.Id, reply.TurnSeq, reply.Part, reply.State)));
        Assert.Equal(1, await reader.CountMessagesAsync(TestContext.Current.CancellationToken));
        Assert.False(await reader.IsQuietAsync(TestContext.Current.CancellationToken));
    }
}
