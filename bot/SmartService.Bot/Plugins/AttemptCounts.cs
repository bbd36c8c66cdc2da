using Dapper;
using Microsoft.Extensions.Options;
using SmartService.Data;

namespace SmartService.Bot.Plugins;

/// <summary>Where failures are counted.</summary>
internal interface IAttemptCounts
{
    /// <summary>Adds one to every key, or to none when one of them is at the limit.</summary>
    Task<bool> AddAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);

    Task SubtractAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken);
}

/// <summary>In the store, for all servers.</summary>
internal sealed class StoredAttempts(IDatabase database, IOptions<AttemptOptions> options) : IAttemptCounts
{
    public Task<bool> AddAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) => database.WriteAsync(
        async scope =>
        {
            var before = scope.NowMs - (long)TimeSpan.FromHours(options.Value.Hours).TotalMilliseconds;
            await scope.Connection.ExecuteAsync("delete from attempt where since <= @before", new { before }, scope.Transaction);
            var allowed = true;
            foreach (var key in keys)
            {
                // The row lock of the upsert makes servers count one after the other.
                allowed &= await scope.Connection.ExecuteScalarAsync<int>(
                    """
                    insert into attempt (id, failures, since) values (@key, 1, @now)
                    on conflict (id) do update set failures = attempt.failures + 1
                    returning failures
                    """,
                    new { key, now = scope.NowMs },
                    scope.Transaction) <= options.Value.Limit;
            }

            if (!allowed)
            {
                await SubtractAsync(scope, keys);
            }

            return allowed;
        },
        cancellationToken);

    public Task SubtractAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken) =>
        database.WriteAsync(scope => SubtractAsync(scope, keys), cancellationToken);

    private static async Task<int> SubtractAsync(WriteScope scope, IReadOnlyList<string> keys)
    {
        foreach (var key in keys)
        {
            await scope.Connection.ExecuteAsync("update attempt set failures = failures - 1 where id = @key and failures > 0", new { key }, scope.Transaction);
        }

        return keys.Count;
    }
}

/// <summary>In this process, where there is no store: tests and evaluations.</summary>
internal sealed class MemoryAttempts(IOptions<AttemptOptions> options, TimeProvider time) : IAttemptCounts
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Since)> _counts = new(StringComparer.Ordinal);

    public Task<bool> AddAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var old in _counts.Where(count => count.Value.Since + TimeSpan.FromHours(options.Value.Hours) <= now).Select(count => count.Key).ToList())
            {
                _counts.Remove(old);
            }

            if (keys.Any(key => _counts.TryGetValue(key, out var count) && count.Failures >= options.Value.Limit))
            {
                return Task.FromResult(false);
            }

            foreach (var key in keys)
            {
                _counts[key] = _counts.TryGetValue(key, out var count) ? (count.Failures + 1, count.Since) : (1, now);
            }

            return Task.FromResult(true);
        }
    }

    public Task SubtractAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var key in keys)
            {
                if (_counts.TryGetValue(key, out var count) && count.Failures > 0)
                {
                    _counts[key] = (count.Failures - 1, count.Since);
                }
            }
        }

        return Task.CompletedTask;
    }
}
