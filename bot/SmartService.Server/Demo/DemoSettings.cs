using SmartService.StandIn;

namespace SmartService.Server.Demo;

/// <summary>The settings with which the server talks to the stand-in as if it were WeCom.</summary>
public static class DemoSettings
{
    /// <summary>Where the stand-in lives on its host.</summary>
    public const string StandInPath = "/standin";

    /// <summary>Where the sample order back end lives.</summary>
    public const string OrdersPath = "/sample-orders";

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
