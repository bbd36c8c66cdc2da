using SmartService.Data;

namespace SmartService.Bot.Tests.Turns;

/// <summary>A store that is away for the next few calls, or fails them in another way.</summary>
internal sealed class FlakyDatabase(IDatabase inner) : IDatabase
{
    private int _failures;

    public Exception Failure { get; set; } = new StoreUnavailableException("Away.");

    public int Failed { get; private set; }

    public Dialect Dialect => inner.Dialect;

    public Signals Signals => inner.Signals;

    public void FailNext(int calls) => Volatile.Write(ref _failures, calls);

    public Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> work, CancellationToken cancellationToken = default) =>
        Fails() ? Task.FromException<T>(Failure) : inner.WriteAsync(work, cancellationToken);

    public Task<T> ReadAsync<T>(Func<ReadScope, Task<T>> work, CancellationToken cancellationToken = default) =>
        Fails() ? Task.FromException<T>(Failure) : inner.ReadAsync(work, cancellationToken);

    public Task MigrateAsync(IEnumerable<MigrationSet> sets, CancellationToken cancellationToken = default) => inner.MigrateAsync(sets, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Fails()
    {
        if (Volatile.Read(ref _failures) <= 0)
        {
            return false;
        }

        Interlocked.Decrement(ref _failures);
        Failed++;
        return true;
    }
}
