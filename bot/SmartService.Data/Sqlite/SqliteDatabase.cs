using Microsoft.Data.Sqlite;

namespace SmartService.Data.Sqlite;

/// <summary>
/// The embedded store: one file in WAL mode. Writes go through one connection that groups the waiting callers into one
/// commit, because every commit costs an fsync (<c>synchronous=FULL</c>: what was acknowledged survives a power loss).
/// Readers work beside it.
/// </summary>
public sealed class SqliteDatabase : IDatabase
{
    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly SqliteWriter _writer;

    /// <param name="path">The file; its folder is created.</param>
    /// <param name="time">The store's clock.</param>
    public SqliteDatabase(string path, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = System.IO.Path.GetFullPath(path);
        KeepPrivate(Path);
        _time = time;
        // Default Timeout also bounds how long a busy file is retried.
        _connectionString = new SqliteConnectionStringBuilder { DataSource = Path, DefaultTimeout = 5, Pooling = true }.ToString();
        _writer = new SqliteWriter(_connectionString, time, Signals);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    public Dialect Dialect => Dialect.Sqlite;

    public Signals Signals { get; } = new();

    public async Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        T result = default!;
        await _writer.RunAsync(async scope => result = await work(scope), cancellationToken);
        return result;
    }

    public async Task<T> ReadAsync<T>(Func<ReadScope, Task<T>> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            await using var connection = new SqliteConnection(_connectionString);
            await connection.OpenAsync(cancellationToken);
            return await work(new ReadScope(connection, _time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken));
        }
        catch (SqliteException exception) when (SqliteErrors.IsUnavailable(exception))
        {
            throw SqliteErrors.Unavailable(exception);
        }
    }

    public Task MigrateAsync(IEnumerable<MigrationSet> sets, CancellationToken cancellationToken = default) =>
        Migrator.RunAsync(this, sets, cancellationToken);

    /// <summary>What customers write is for the server's own user. SQLite gives its two side files the mode of the file.</summary>
    private static void KeepPrivate(string path)
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
        try
        {
            // An existing file is never opened here: closing it would drop the locks that SQLite holds in this process.
            if (!File.Exists(path))
            {
                new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }).Dispose();
            }

            foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            {
                if (File.Exists(file))
                {
                    File.SetUnixFileMode(file, Owner);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another server was quicker, or the folder is not ours; then the first use of the store says what is wrong.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }
}
