using SmartService.StandIn.Control;

namespace SmartService.StandIn.Platform;

/// <summary>A customer in WeChat.</summary>
internal sealed class KfCustomer(string id)
{
    public string Id => id;

    public string Nickname { get; } = "微信用户" + (id.Length > 4 ? id[^4..] : id);

    /// <summary>What the customer's phone shows, all accounts together.</summary>
    public Transcript Transcript { get; } = new();

    public Dictionary<string, KfConversation> Conversations { get; } = new(StringComparer.Ordinal);
}
