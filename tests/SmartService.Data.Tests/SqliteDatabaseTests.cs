using System.Runtime.Versioning;
using Dapper;
using Microsoft.Data.Sqlite;
using SmartService.Data.Sqlite;
using SmartService.Testing.Stores;

namespace SmartService.Data.Tests;

public sealed class SqliteDatabaseTests : DatabaseConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider? time, params MigrationSet[] sets) => TestStores.SqliteAsync(time, sets);

    [Fact]
    public async Task A_locked_file_is_reported_as_unavailable_and_works_again_afterwards()
    {
        await using var database = (SqliteDatabase)await TestStores.SqliteAsync();
        await database.WriteAsync(scope => scope.Connection.ExecuteAsync("create table t (x integer)", transaction: scope.Transaction));
        await using (var other = new SqliteConnection($"Data Source={database.Path}"))
        {
            await other.OpenAsync();
            await using var exclusive = other.BeginTransaction(deferred: false);

            var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(database));

            Assert.Contains("locked", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, await InsertAsync(database));
    }

    [Fact]
    public async Task A_full_disk_is_reported_as_unavailable_and_loses_nothing_that_was_written()
    {
        await using var database = (SqliteDatabase)await TestStores.SqliteAsync();
        await database.WriteAsync(scope => scope.Connection.ExecuteAsync("create table t (x); insert into t values ('kept')", transaction: scope.Transaction));
        await database.WriteAsync(scope => scope.Connection.ExecuteAsync("pragma max_page_count = 10", transaction: scope.Transaction));

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => database.WriteAsync(scope =>
            scope.Connection.ExecuteAsync("insert into t values (zeroblob(1000000))", transaction: scope.Transaction)));

        Assert.Contains("full", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<int>("select count(*) from t")));
        Assert.Equal(1, await InsertAsync(database));
    }

    [Fact]
    public async Task A_damaged_file_is_reported_as_unavailable()
    {
        var path = Path.Combine(TempFolder.Create(), "damaged.db");
        await File.WriteAllTextAsync(path, new string('x', 5000));
        await using var database = new SqliteDatabase(path, TimeProvider.System);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => InsertAsync(database));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => database.ReadAsync(scope => scope.Connection.ExecuteAsync("select * from t")));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("macos")]
    public async Task Other_users_of_the_machine_cannot_read_the_files()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "File modes are a Unix thing.");
        var folder = Path.Combine(TempFolder.Create(), "data");
        var path = Path.Combine(folder, "smartservice.db");
        await using var database = new SqliteDatabase(path, TimeProvider.System);
        await database.WriteAsync(scope => scope.Connection.ExecuteAsync("create table t (x integer)", transaction: scope.Transaction));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(folder).UnixFileMode);
        Assert.All((string[])["", "-wal", "-shm"], end => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path + end).UnixFileMode));
    }

    [Fact]
    public async Task Writes_are_durable_before_they_are_acknowledged()
    {
        await using var database = (SqliteDatabase)await TestStores.SqliteAsync();

        var (mode, synchronous) = await database.WriteAsync(async scope => (
            await scope.Connection.ExecuteScalarAsync<string>("pragma journal_mode", transaction: scope.Transaction),
            await scope.Connection.ExecuteScalarAsync<int>("pragma synchronous", transaction: scope.Transaction)));

        Assert.Equal("wal", mode);
        Assert.Equal(2, synchronous);
    }

    private static Task<int> InsertAsync(SqliteDatabase database) =>
        database.WriteAsync(scope => scope.Connection.ExecuteAsync("insert into t values (1)", transaction: scope.Transaction));
}
