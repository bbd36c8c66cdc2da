using Dapper;
using Npgsql;

namespace SmartService.Data.Postgres;

/// <summary>The shared store: several servers on one PostgreSQL. Its clock is the server's, so that leases agree.</summary>
public sealed class PostgresDatabase : IDatabase
{
    private const int MaxAttempts = 5;

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider? _clock;
    private readonly PostgresSignals _remote;

    /// <param name="connectionString">Of Npgsql.</param>
    /// <param name="clock">Replaces the server's clock in tests; else null.</param>
    public PostgresDatabase(string connectionString, TimeProvider? clock = null)
    {
        // Without a name, metrics carry the connection string.
        _source = new NpgsqlDataSourceBuilder(connectionString) { Name = "smartservice" }.Build();
        _clock = clock;
        _remote = new PostgresSignals(_source, Signals);
    }

    public Dialect Dialect => Dialect.Postgres;

    public Signals Signals { get; } = new();

    public async Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var scope = new WriteScope(connection, transaction, await NowAsync(connection), cancellationToken);
                var result = await work(scope);
                await _remote.SendAsync(scope);
                await transaction.CommitAsync(cancellationToken);
                foreach (var (topic, payload) in scope.Pending)
                {
                    Signals.Raise(topic, payload);
                }

                return result;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected && attempt < MaxAttempts)
            {
                // Rolled back by the server; the next attempt starts from what the winner left.
            }
            catch (NpgsqlException exception) when (IsUnavailable(exception))
            {
                throw Unavailable(exception);
            }
        }
    }

    public async Task<T> ReadAsync<T>(Func<ReadScope, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            return await work(new ReadScope(connection, await NowAsync(connection), cancellationToken));
        }
        catch (NpgsqlException exception) when (IsUnavailable(exception))
        {
            throw Unavailable(exception);
        }
    }

    public Task MigrateAsync(IEnumerable<MigrationSet> sets, CancellationToken cancellationToken = default) =>
        Migrator.RunAsync(this, sets, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _source.DisposeAsync();
    }

    private static bool IsUnavailable(NpgsqlException exception) =>
        exception is not PostgresException postgres
        || postgres.SqlState is PostgresErrorCodes.DiskFull or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static StoreUnavailableException Unavailable(NpgsqlException exception) =>
        new("PostgreSQL cannot be used now: " + (exception is PostgresException postgres ? postgres.SqlState : "no connection") + ".", exception);

    private async Task<long> NowAsync(NpgsqlConnection connection) =>
        _clock?.GetUtcNow().ToUnixTimeMilliseconds()
        ?? await connection.ExecuteScalarAsync<long>("select (extract(epoch from clock_timestamp()) * 1000)::bigint");
}
