using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace SmartService.Data.Sqlite;

/// <summary>
/// The one writer. Takes what is waiting, up to <see cref="MaxBatch"/>, runs each caller in a savepoint of one transaction,
/// commits once, and only then answers all of them.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MaxBatch = 128;

    private readonly Channel<Item> _queue = Channel.CreateBounded<Item>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly Signals _signals;
    private readonly Task _loop;
    private SqliteConnection? _connection;

    public SqliteWriter(string connectionString, TimeProvider time, Signals signals)
    {
        (_connectionString, _time, _signals) = (connectionString, time, signals);
        _loop = Task.Run(LoopAsync);
    }

    public async Task RunAsync(Func<WriteScope, Task> work, CancellationToken cancellationToken)
    {
        var item = new Item(work, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), cancellationToken);
        await _queue.Writer.WriteAsync(item, cancellationToken);
        // No WaitAsync on the token: once taken, the caller must learn whether it was written.
        await item.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }
    }

    private async Task LoopAsync()
    {
        var batch = new List<Item>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            await CommitAsync(batch);
        }
    }

    private async Task CommitAsync(List<Item> batch)
    {
        var written = new List<(Item Item, WriteScope Scope)>(batch.Count);
        try
        {
            var connection = await ConnectionAsync();
            await using (var transaction = connection.BeginTransaction(deferred: false))
            {
                foreach (var item in batch)
                {
                    if (await RunOneAsync(item, connection, transaction) is { } scope)
                    {
                        written.Add((item, scope));
                    }
                }

                await transaction.CommitAsync();
            }
        }
        catch (Exception exception)
        {
            // The transaction is gone for all of the batch, also for those whose own work succeeded.
            var failure = exception is SqliteException sqlite && SqliteErrors.IsUnavailable(sqlite) ? SqliteErrors.Unavailable(sqlite) : exception;
            foreach (var item in batch)
            {
                item.Done.TrySetException(failure);
            }

            await DropConnectionAsync();
            return;
        }

        foreach (var (item, _) in written)
        {
            item.Done.TrySetResult();
        }

        foreach (var (_, scope) in written)
        {
            foreach (var (topic, payload) in scope.Pending)
            {
                _signals.Raise(topic, payload);
            }
        }
    }

    /// <summary>Returns the scope when the work succeeded, null when only this caller failed; throws when the whole transaction is lost.</summary>
    private async Task<WriteScope?> RunOneAsync(Item item, SqliteConnection connection, SqliteTransaction transaction)
    {
        if (item.CancellationToken.IsCancellationRequested)
        {
            item.Done.TrySetCanceled(item.CancellationToken);
            return null;
        }

        const string Savepoint = "work";
        var scope = new WriteScope(connection, transaction, _time.GetUtcNow().ToUnixTimeMilliseconds(), item.CancellationToken);
        await transaction.SaveAsync(Savepoint);
        try
        {
            await item.Work(scope);
            await transaction.ReleaseAsync(Savepoint);
            return scope;
        }
        catch (Exception exception) when (exception is not SqliteException sqlite || !SqliteErrors.IsUnavailable(sqlite))
        {
            await transaction.RollbackAsync(Savepoint);
            await transaction.ReleaseAsync(Savepoint);
            if (exception is OperationCanceledException)
            {
                item.Done.TrySetCanceled(item.CancellationToken);
            }
            else
            {
                item.Done.TrySetException(exception);
            }

            return null;
        }
    }

    private async Task<SqliteConnection> ConnectionAsync()
    {
        if (_connection is not null)
        {
            return _connection;
        }

        var connection = new SqliteConnection(_connectionString);
        try
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 2000;";
            await command.ExecuteNonQueryAsync();
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        return _connection = connection;
    }

    private async Task DropConnectionAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            SqliteConnection.ClearPool(connection);
            await connection.DisposeAsync();
        }
    }

    private sealed record Item(Func<WriteScope, Task> Work, TaskCompletionSource Done, CancellationToken CancellationToken);
}
