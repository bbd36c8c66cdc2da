using System.Collections.Concurrent;

namespace SmartService.Bot.Desk;

/// <summary>
/// Counts failed sign-ins. A name is refused from one address after a few failures; an address after more of them with any
/// name; and a name from everywhere only after many, so that a stranger cannot easily lock an agent out.
/// </summary>
public sealed class SignInGuard(TimeProvider time)
{
    public const int FailuresPerNameAndAddress = 5;
    public const int FailuresPerAddress = 20;
    public const int FailuresPerName = 100;
    private const int MostKeys = 10_000;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    /// <summary>How long to wait, or null when a try is allowed.</summary>
    public TimeSpan? RetryAfter(string name, string address)
    {
        var now = time.GetUtcNow();
        TimeSpan? longest = null;
        foreach (var (key, limit) in Keys(name, address))
        {
            if (_failures.TryGetValue(key, out var failures) && failures.Count >= limit && failures.Since + Window - now is var wait && wait > TimeSpan.Zero)
            {
                longest = longest > wait ? longest : wait;
            }
        }

        return longest;
    }

    public void Failed(string name, string address)
    {
        var now = time.GetUtcNow();
        if (_failures.Count > MostKeys)
        {
            Forget(now);
        }

        foreach (var (key, _) in Keys(name, address))
        {
            _failures.AddOrUpdate(
                key,
                _ => new Failures(1, now),
                (_, old) => old.Since + Window <= now ? new Failures(1, now) : old with { Count = old.Count + 1 });
        }
    }

    /// <summary>Forgets the failures of this name from this address; those of the address stay, as one known account must not buy more guesses at others.</summary>
    public void Succeeded(string name, string address) => _failures.TryRemove(Keys(name, address)[0].Key, out _);

    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, failures) in _failures)
        {
            if (failures.Since + Window <= now)
            {
                _failures.TryRemove(key, out _);
            }
        }
    }

    private static (string Key, int Limit)[] Keys(string name, string address)
    {
        var known = name.Length > 64 ? name[..64] : name;
        return [($"both {known} {address}", FailuresPerNameAndAddress), ($"address {address}", FailuresPerAddress), ($"name {known}", FailuresPerName)];
    }

    private sealed record Failures(int Count, DateTimeOffset Since);
}
