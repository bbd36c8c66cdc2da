using SmartService.StandIn;

namespace SmartService.Server.Demo;

/// <summary>The settings with which the server talks to the stand-in as if it were WeCom.</summary>
public static class DemoSettings
{
    /// <summary>Where the stand-in lives on its host.</summary>
    public const string StandInPath = "/standin";

    /// <summary>Where the sample order back end lives.</summary>
    public const string OrdersPath = "/sample-orders";

    /// <summary>A stand-in with the sample shop's name, and cards of its products and orders to share from the sandbox.</summary>
    public static StandInOptions StandIn() => new()
    {
        Accounts = [new StandInAccount("wkStandInShop000000000000000001", "木屿家居")],
        Products =
        [
            new SandboxProduct("SF001", "云朵三人布艺沙发", "¥2999"),
            new SandboxProduct("BD001", "山茶实木双人床", "¥3680"),
            new SandboxProduct("SF004", "懒月单人电动沙发", "¥2399"),
        ],
        Orders =
        [
            new SandboxOrder("MY20261122001", "汐岸转角布艺沙发", "¥4699", "运输中"),
            new SandboxOrder("MY20261117004", "萤火护眼台灯 ×2", "¥538", "已签收"),
        ],
    };

    /// <summary>Settings of the kf channel against a stand-in at <paramref name="address"/>.</summary>
    public static IReadOnlyDictionary<string, string?> WeChat(StandInOptions options, Uri address) => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["WeChat:ApiBaseUrl"] = new Uri(address, StandInPath).ToString().TrimEnd('/'),
        ["WeChat:CorpId"] = options.CorpId,
        ["WeChat:Kf:Secret"] = options.Secret,
        ["WeChat:Kf:Token"] = options.Token,
        ["WeChat:Kf:EncodingAesKey"] = options.EncodingAesKey,
    };
}
