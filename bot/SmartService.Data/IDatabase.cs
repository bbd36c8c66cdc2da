using System.Data.Common;

namespace SmartService.Data;

/// <summary>
/// One store, two kinds behind the same SQL: an embedded SQLite file, or a shared PostgreSQL. Thread-safe; disposed by the container.
/// </summary>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>The few places where the two kinds of SQL differ.</summary>
    Dialect Dialect { get; }

    /// <summary>Signals after commit, in this process and, on PostgreSQL, in the other servers.</summary>
    Signals Signals { get; }

    /// <summary>
    /// Runs <paramref name="work"/> in one transaction and returns after it is durable. On SQLite the one writer groups
    /// several callers into one commit. The work may run again after a deadlock, so it must not have other effects, and it
    /// must not wait for the network.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The disk is full, the file is locked or the server is away; nothing was written.</exception>
    Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> work, CancellationToken cancellationToken = default);

    /// <summary>Runs <paramref name="work"/> on a connection for reading. Each statement sees what was committed before it.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be reached.</exception>
    Task<T> ReadAsync<T>(Func<ReadScope, Task<T>> work, CancellationToken cancellationToken = default);

    /// <summary>Applies the numbered scripts that this store has not seen. Safe when several servers start at once.</summary>
    Task MigrateAsync(IEnumerable<MigrationSet> sets, CancellationToken cancellationToken = default);
}

/// <summary>What a transaction works with.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="Transaction">The transaction to pass to every command.</param>
/// <param name="NowMs">Unix milliseconds of the store's one clock (PostgreSQL: the server's, SQLite: <see cref="TimeProvider"/>).</param>
/// <param name="CancellationToken">To pass on.</param>
public sealed record WriteScope(DbConnection Connection, DbTransaction Transaction, long NowMs, CancellationToken CancellationToken)
{
    private readonly List<(string Topic, string Payload)> _signals = [];

    /// <summary>Signals that go out once the transaction is committed.</summary>
    public IReadOnlyList<(string Topic, string Payload)> Pending => _signals;

    /// <summary>Sends a signal after the commit; nothing when the transaction fails. Payload under 7,000 bytes, no customer text.</summary>
    public void Signal(string topic, string payload = "") => _signals.Add((topic, payload));
}

/// <summary>What a query works with.</summary>
/// <param name="Connection">The connection.</param>
/// <param name="NowMs">Unix milliseconds of the store's one clock.</param>
/// <param name="CancellationToken">To pass on.</param>
public sealed record ReadScope(DbConnection Connection, long NowMs, CancellationToken CancellationToken);
