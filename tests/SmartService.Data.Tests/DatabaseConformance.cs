using Dapper;
using Microsoft.Extensions.Time.Testing;

namespace SmartService.Data.Tests;

/// <summary>What both kinds of store promise.</summary>
public abstract class DatabaseConformance : IAsyncLifetime
{
    private static readonly MigrationSet Notes = new("notes", typeof(DatabaseConformance).Assembly);

    private IDatabase _database = null!;

    protected abstract Task<IDatabase> OpenAsync(TimeProvider? time, params MigrationSet[] sets);

    public async ValueTask InitializeAsync() => _database = await OpenAsync(null, Notes);

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await AddAsync("kept");

        await _database.MigrateAsync([Notes]);

        Assert.Equal(["kept"], await TextsAsync());
    }

    [Fact]
    public async Task A_script_of_the_own_kind_is_applied_and_the_other_is_not() =>
        Assert.Equal([_database.Dialect.Name], await _database.ReadAsync(async scope => (await scope.Connection.QueryAsync<string>("select name from kind")).ToList()));

    [Fact]
    public async Task A_store_of_a_newer_version_is_refused()
    {
        await _database.WriteAsync(scope => scope.Connection.ExecuteAsync("insert into schema_version values ('notes', 99, 'future', 0)", transaction: scope.Transaction));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => _database.MigrateAsync([Notes]));

        Assert.Contains("newer version", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_writer_does_not_take_its_neighbours_along()
    {
        var writes = Enumerable.Range(0, 50).Select(i => i % 5 == 0
            ? _database.WriteAsync<int>(async scope =>
            {
                await scope.Connection.ExecuteAsync("insert into note (text) values (@text)", new { text = $"lost-{i}" }, scope.Transaction);
                throw new InvalidOperationException("on purpose");
            })
            : AddAsync($"kept-{i}")).ToList();

        var outcomes = await Task.WhenAll(writes.Select(async write =>
        {
            try
            {
                await write;
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }));

        Assert.Equal(10, outcomes.Count(done => !done));
        var texts = await TextsAsync();
        Assert.Equal(40, texts.Count);
        Assert.DoesNotContain(texts, text => text.StartsWith("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_signal_follows_the_commit_and_never_a_rollback()
    {
        var heard = new List<string>();
        using var subscription = _database.Signals.Subscribe("topic", payload =>
        {
            lock (heard)
            {
                heard.Add(payload);
            }
        });

        await _database.WriteAsync(async scope =>
        {
            scope.Signal("topic", "committed");
            scope.Signal("other", "not for us");
            return await scope.Connection.ExecuteAsync("insert into note (text) values ('a')", transaction: scope.Transaction);
        });
        await Assert.ThrowsAsync<InvalidOperationException>(() => _database.WriteAsync<int>(scope =>
        {
            scope.Signal("topic", "rolled back");
            throw new InvalidOperationException("on purpose");
        }));
        await AddAsync("later");

        Assert.Equal(["committed"], heard);
    }

    [Fact]
    public async Task A_disposed_subscription_hears_nothing()
    {
        var heard = 0;
        _database.Signals.Subscribe("topic", _ => heard++).Dispose();

        await _database.WriteAsync(scope =>
        {
            scope.Signal("topic");
            return Task.FromResult(0);
        });

        Assert.Equal(0, heard);
    }

    [Fact]
    public async Task A_listener_that_throws_harms_neither_the_writer_nor_other_listeners()
    {
        var heard = 0;
        using var broken = _database.Signals.Subscribe("topic", _ => throw new ObjectDisposedException("listener"));
        using var sound = _database.Signals.Subscribe("topic", _ => heard++);
        for (var i = 0; i < 2; i++)
        {
            await _database.WriteAsync(async scope =>
            {
                scope.Signal("topic");
                return await scope.Connection.ExecuteAsync("insert into note (text) values (@text)", new { text = $"n{scope.Pending.Count}-{heard}" }, scope.Transaction);
            });
            await AddAsync($"after-{i}");
        }

        Assert.Equal(2, heard);
        Assert.Equal(4, (await TextsAsync()).Count);
    }

    [Fact]
    public async Task A_cancelled_write_is_not_made()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _database.WriteAsync(
            scope => scope.Connection.ExecuteAsync("insert into note (text) values ('x')", transaction: scope.Transaction), cancelled.Token));

        Assert.Empty(await TextsAsync());
    }

    [Fact]
    public async Task The_clock_can_be_replaced()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 25, 0, 0, 0, TimeSpan.Zero));
        await using var database = await OpenAsync(time);

        var now = await database.WriteAsync(scope => Task.FromResult(scope.NowMs));

        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds(), now);
        Assert.Equal(now, await database.ReadAsync(scope => Task.FromResult(scope.NowMs)));
    }

    [Fact]
    public async Task Types_survive_the_round_trip()
    {
        byte[] bytes = [0, 1, 255];
        await _database.WriteAsync(scope => scope.Connection.ExecuteAsync(
            "insert into note (text, bytes, ratio) values (@text, @bytes, @ratio)", new { text = "沙发😀𠮷", bytes, ratio = 0.25 }, scope.Transaction));

        var (text, back, ratio) = await _database.ReadAsync(scope => scope.Connection.QuerySingleAsync<(string, byte[], double)>("select text, bytes, ratio from note"));

        Assert.Equal("沙发😀𠮷", text);
        Assert.Equal(bytes, back);
        Assert.Equal(0.25, ratio);
    }

    private Task<int> AddAsync(string text) => _database.WriteAsync(scope =>
        scope.Connection.ExecuteAsync("insert into note (text) values (@text)", new { text }, scope.Transaction));

    private Task<List<string>> TextsAsync() => _database.ReadAsync(async scope =>
        (await scope.Connection.QueryAsync<string>("select text from note order by seq")).ToList());
}
