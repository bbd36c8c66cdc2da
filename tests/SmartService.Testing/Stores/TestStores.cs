using Dapper;
using Npgsql;
using SmartService.Data;
using SmartService.Data.Postgres;
using SmartService.Data.Sqlite;
using Xunit;

namespace SmartService.Testing.Stores;

/// <summary>Fresh, empty stores for tests. Dispose the store; its files and databases go with the process.</summary>
public static class TestStores
{
    /// <summary>A fresh SQLite file.</summary>
    public static IDatabase Sqlite(TimeProvider? time = null) =>
        new SqliteDatabase(Path.Combine(TempFolder.Create(), DataServices.FileName), time ?? TimeProvider.System);

    /// <summary>A fresh, migrated SQLite file.</summary>
    public static async Task<IDatabase> SqliteAsync(TimeProvider? time = null, params MigrationSet[] sets)
    {
        var database = Sqlite(time);
        await database.MigrateAsync(sets);
        return database;
    }

    /// <summary>A fresh, migrated database on a scratch PostgreSQL; skips the test where there is no PostgreSQL.</summary>
    public static async Task<IDatabase> PostgresAsync(TimeProvider? time = null, params MigrationSet[] sets)
    {
        var database = new PostgresDatabase(await PostgresConnectionStringAsync(), time);
        await database.MigrateAsync(sets);
        return database;
    }

    /// <summary>Connection string of a fresh database on a scratch PostgreSQL; skips the test where there is no PostgreSQL.</summary>
    public static async Task<string> PostgresConnectionStringAsync()
    {
        var server = await PostgresServer.SharedAsync();
        Assert.SkipWhen(server is null, PostgresServer.WhyMissing);
        var name = "test_" + Guid.NewGuid().ToString("N");
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync($"create database {name}");
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name, MaxPoolSize = 20 }.ToString();
    }
}
