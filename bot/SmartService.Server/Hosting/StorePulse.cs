using Dapper;
using SmartService.Data;

namespace SmartService.Server.Hosting;

/// <summary>
/// A write that leaves nothing behind: a full disk fails here, a read alone would not notice. Everybody may ask for the server's
/// health and every write costs an fsync, so there is one at a time and one in <see cref="KeepFor"/>.
/// </summary>
public sealed class StorePulse(IDatabase database, TimeProvider time)
{
    public static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<string?>? _beat;
    private long _since;

    /// <summary>Why the store cannot be written, or null.</summary>
    public Task<string?> FailureAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_beat is null || (_beat.IsCompleted && time.GetElapsedTime(_since) >= KeepFor))
            {
                _since = time.GetTimestamp();
                _beat = BeatAsync();
            }

            return _beat.WaitAsync(cancellationToken);
        }
    }

    private async Task<string?> BeatAsync()
    {
        try
        {
            await database.WriteAsync(scope => scope.Connection.ExecuteAsync(
                "insert into server_pulse (id, at) values (1, @NowMs) on conflict (id) do update set at = excluded.at", new { scope.NowMs }, scope.Transaction));
            return null;
        }
        catch (StoreUnavailableException exception)
        {
            return exception.Message;
        }
    }
}
