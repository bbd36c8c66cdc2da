using System.Net;
using System.Net.Sockets;

namespace SmartService.Inference.Catalogue;

/// <summary>
/// Which addresses a download may go to. A mirror's answer decides about redirects and DNS decides about addresses, so both are
/// checked for every connection: a download must not become a way into the operator's own network.
/// </summary>
/// <param name="AllowLoopback">This machine: only where the operator named it as the mirror.</param>
/// <param name="AllowPrivate">The operator's network: only where the operator said so.</param>
internal sealed record AddressRules(bool AllowLoopback, bool AllowPrivate)
{
    public static AddressRules For(Uri? mirror, bool allowPrivate) => new(allowPrivate || mirror is { IsLoopback: true }, allowPrivate);

    /// <summary>Null, or why the address must not be asked.</summary>
    public string? Refusal(Uri uri)
    {
        if (!uri.IsAbsoluteUri || uri.Scheme is not ("https" or "http"))
        {
            return "only https addresses are used";
        }

        if (uri.Scheme == "http" && !uri.IsLoopback)
        {
            return $"{uri.Host} is not asked without https";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "addresses with a user name in them are not used";
        }

        return IPAddress.TryParse(uri.DnsSafeHost, out var address) && !Allows(address) ? Inside(uri.Host) : null;
    }

    public static string Inside(string host) => $"{host} is inside a private network (--allow-private permits that for a mirror of your own)";

    public bool Allows(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (IPAddress.IsLoopback(address))
        {
            return AllowLoopback;
        }

        return address.AddressFamily == AddressFamily.InterNetwork ? AllowsV4(address.GetAddressBytes()) : AllowsV6(address);
    }

    // 198.18.0.0/15 is not refused: transparent proxies, common in China, answer DNS queries for public names with it.
    private bool AllowsV4(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0, ..] or [>= 224, ..] => false,
        [10, ..] or [172, >= 16 and <= 31, ..] or [192, 168, ..] or [169, 254, ..] or [100, >= 64 and <= 127, ..] or [192, 0, 0, ..] => AllowPrivate,
        _ => true,
    };

    private bool AllowsV6(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast)
        {
            return false;
        }

        if (address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6UniqueLocal)
        {
            return AllowPrivate;
        }

        // NAT64 and 6to4 carry an IPv4 address.
        return bytes switch
        {
            [0x00, 0x64, 0xFF, 0x9B, ..] => AllowsV4(bytes.AsSpan(12)),
            [0x20, 0x02, ..] => AllowsV4(bytes.AsSpan(2)),
            _ => true,
        };
    }
}
