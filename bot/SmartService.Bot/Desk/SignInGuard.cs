using System.Net;
using System.Net.Sockets;

namespace SmartService.Bot.Desk;

/// <summary>
/// Counts sign-ins that did not succeed. A name is refused from one address after a few; an address after more of them with any
/// name; and a name from everywhere only after many, so that a stranger cannot easily lock an agent out. Thread-safe.
/// </summary>
public sealed class SignInGuard(TimeProvider time)
{
    public const int FailuresPerNameAndAddress = 5;
    public const int FailuresPerAddress = 20;
    public const int FailuresPerName = 100;

    /// <summary>Names and addresses that are remembered; then the oldest are forgotten, so that a flood costs little memory.</summary>
    public const int MostKeys = 30_000;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Failures> _failures = new(StringComparer.Ordinal);

    // Every window has the same length, so the oldest is also the first to end.
    private readonly Queue<(string Key, Failures Failures)> _oldest = new();

    /// <summary>Keys that are remembered now.</summary>
    public int Remembered
    {
        get
        {
            lock (_lock)
            {
                return _failures.Count;
            }
        }
    }

    /// <summary>Counts a try as failed until <see cref="Succeeded"/>. How long to wait when it is refused, which counts nothing; else null.</summary>
    public TimeSpan? Count(string name, string address)
    {
        var now = time.GetUtcNow();
        var keys = Keys(name, address);
        lock (_lock)
        {
            ForgetEnded(now);
            TimeSpan? longest = null;
            foreach (var (key, limit) in keys)
            {
                if (_failures.TryGetValue(key, out var failures) && failures.Count >= limit)
                {
                    var wait = failures.Since + Window - now;
                    longest = longest > wait ? longest : wait;
                }
            }

            if (longest is null)
            {
                foreach (var (key, _) in keys)
                {
                    Add(key, now);
                }
            }

            return longest;
        }
    }

    /// <summary>
    /// Takes back the try, and forgets the failures of this name from this address. Other failures of the address stay, as one
    /// known account must not buy more guesses at others.
    /// </summary>
    public void Succeeded(string name, string address)
    {
        var keys = Keys(name, address);
        lock (_lock)
        {
            _failures.Remove(keys[0].Key);
            foreach (var (key, _) in keys.AsSpan(1))
            {
                if (_failures.TryGetValue(key, out var failures) && --failures.Count == 0)
                {
                    _failures.Remove(key);
                }
            }
        }
    }

    private void Add(string key, DateTimeOffset now)
    {
        if (!_failures.TryGetValue(key, out var failures))
        {
            failures = new Failures(now);
            _failures[key] = failures;
            _oldest.Enqueue((key, failures));
            while (_oldest.Count > MostKeys)
            {
                Forget(_oldest.Dequeue());
            }
        }

        failures.Count++;
    }

    private void ForgetEnded(DateTimeOffset now)
    {
        while (_oldest.TryPeek(out var oldest) && oldest.Failures.Since + Window <= now)
        {
            Forget(_oldest.Dequeue());
        }
    }

    private void Forget((string Key, Failures Failures) oldest)
    {
        // The key may have been forgotten by a success and counted anew since.
        if (_failures.TryGetValue(oldest.Key, out var failures) && ReferenceEquals(failures, oldest.Failures))
        {
            _failures.Remove(oldest.Key);
        }
    }

    private static (string Key, int Limit)[] Keys(string name, string address)
    {
        var known = name.Length > 64 ? name[..64] : name;
        var from = Network(address);
        return [($"both {known} {from}", FailuresPerNameAndAddress), ($"address {from}", FailuresPerAddress), ($"name {known}", FailuresPerName)];
    }

    /// <summary>One customer of an IPv6 provider has a whole /64.</summary>
    private static string Network(string address)
    {
        if (!IPAddress.TryParse(address, out var ip) || ip.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        return ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4().ToString() : Convert.ToHexString(ip.GetAddressBytes().AsSpan(0, 8));
    }

    private sealed class Failures(DateTimeOffset since)
    {
        public DateTimeOffset Since { get; } = since;

        public int Count { get; set; }
    }
}
