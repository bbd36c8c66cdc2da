using Dapper;
using SmartService.Data.Postgres;
using SmartService.Testing.Stores;

namespace SmartService.Data.Tests;

public sealed class PostgresDatabaseTests : DatabaseConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider? time, params MigrationSet[] sets) => TestStores.PostgresAsync(time, sets);

    [Fact]
    public async Task Metrics_do_not_carry_the_connection_string()
    {
        var connectionString = await TestStores.PostgresConnectionStringAsync();
        var pools = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Npgsql")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => Note(tags));
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Note(tags));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Note(tags));
        listener.Start();
        await using var database = new PostgresDatabase(connectionString);
        await database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<int>("select 1"));
        listener.RecordObservableInstruments();

        Assert.Contains("smartservice", pools);
        Assert.DoesNotContain(pools, pool => pool.Contains("Database=", StringComparison.Ordinal) && connectionString.Contains(pool, StringComparison.Ordinal));

        void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (_, value) in tags)
            {
                pools.Add(value?.ToString() ?? "");
            }
        }
    }

    [Fact]
    public async Task A_signal_reaches_the_other_server()
    {
        var connectionString = await TestStores.PostgresConnectionStringAsync();
        await using var one = new PostgresDatabase(connectionString);
        await using var two = new PostgresDatabase(connectionString);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = two.Signals.Subscribe("topic", payload => heard.TrySetResult(payload));

        // The other server may still be about to listen, so the signal is repeated until it is heard.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!heard.Task.IsCompleted)
        {
            await one.WriteAsync(
                scope =>
                {
                    scope.Signal("topic", "会话|1");
                    return Task.FromResult(0);
                },
                patience.Token);
            await Task.WhenAny(heard.Task, Task.Delay(100, patience.Token));
        }

        Assert.Equal("会话|1", await heard.Task);
    }

    [Fact]
    public async Task Two_servers_that_start_together_migrate_once()
    {
        var connectionString = await TestStores.PostgresConnectionStringAsync();
        MigrationSet set = new("notes", typeof(DatabaseConformance).Assembly);
        var databases = Enumerable.Range(0, 4).Select(_ => new PostgresDatabase(connectionString)).ToList();

        await Task.WhenAll(databases.Select(database => database.MigrateAsync([set])));

        Assert.Equal(2, await databases[0].ReadAsync(scope => scope.Connection.ExecuteScalarAsync<int>("select count(*)::int from schema_version")));
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_deadlock_is_tried_again()
    {
        var connectionString = await TestStores.PostgresConnectionStringAsync();
        await using var database = new PostgresDatabase(connectionString);
        await database.WriteAsync(scope => scope.Connection.ExecuteAsync(
            "create table t (id integer primary key, n integer); insert into t values (1, 0), (2, 0)", transaction: scope.Transaction));
        var first = 0;
        var bothHoldOne = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<int> Update(int[] order) => database.WriteAsync(async scope =>
        {
            await scope.Connection.ExecuteAsync("update t set n = n + 1 where id = @id", new { id = order[0] }, scope.Transaction);
            if (Interlocked.Increment(ref first) >= 2)
            {
                bothHoldOne.TrySetResult();
            }

            await bothHoldOne.Task;
            return await scope.Connection.ExecuteAsync("update t set n = n + 1 where id = @id", new { id = order[1] }, scope.Transaction);
        });

        await Task.WhenAll(Update([1, 2]), Update([2, 1]));

        Assert.Equal([2, 2], await database.ReadAsync(scope => scope.Connection.QueryAsync<int>("select n from t order by id")));
        Assert.True(first > 2);
    }

    [Fact]
    public async Task A_server_that_is_away_is_reported_as_unavailable()
    {
        await using var database = new PostgresDatabase("Host=127.0.0.1;Port=1;Username=nobody;Timeout=2");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.WriteAsync(_ => Task.FromResult(0)));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.ReadAsync(_ => Task.FromResult(0)));
    }
}
