using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace SmartService.Channels.WeChat;

/// <summary>How much is said about one refusal.</summary>
public enum RefusalNote
{
    /// <summary>Log this one.</summary>
    Each,

    /// <summary>The budget is used up now: say so once.</summary>
    Last,

    /// <summary>Nothing more for a while.</summary>
    None,
}

/// <summary>
/// Makes a flood of wrong signatures cheap. A token bucket per address: 20 refusals at once, then one in three seconds. An
/// address without tokens is neither logged line by line nor allowed large bodies, but right signatures still pass, so a
/// flood through the proxy that WeCom comes through cannot silence the bot.
/// </summary>
public sealed class RefusalBudget : IDisposable
{
    /// <summary>Largest body of an address without tokens; a real bell has about 500 bytes.</summary>
    public const int BodyBytes = 16 * 1024;

    private readonly PartitionedRateLimiter<IPAddress> _refusals = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetTokenBucketLimiter(Network(address), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = 20,
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(3),
            AutoReplenishment = true,
            QueueLimit = 0,
        }));

    /// <summary>Whether this address was refused too often lately.</summary>
    // Asking for zero permits would count a fraction of a token as one.
    public bool IsSpent(IPAddress address) => _refusals.GetStatistics(address) is { CurrentAvailablePermits: <= 0 };

    /// <summary>Counts a refusal.</summary>
    public RefusalNote Spend(IPAddress address)
    {
        using var lease = _refusals.AttemptAcquire(address);
        return !lease.IsAcquired ? RefusalNote.None : IsSpent(address) ? RefusalNote.Last : RefusalNote.Each;
    }

    /// <inheritdoc/>
    public void Dispose() => _refusals.Dispose();

    // One IPv6 customer owns a whole /64.
    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
