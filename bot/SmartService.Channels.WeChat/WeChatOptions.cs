namespace SmartService.Channels.WeChat;

/// <summary>Section <c>WeChat</c> of the settings. A channel without settings is off.</summary>
public sealed class WeChatOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "WeChat";

    /// <summary>Root of the WeCom API. https, or http on the loopback for a stand-in.</summary>
    public string ApiBaseUrl { get; set; } = "https://qyapi.weixin.qq.com";

    /// <summary>Corp id: identifies the caller, and every kf callback must be meant for it.</summary>
    public string CorpId { get; set; } = "";

    /// <summary>微信客服.</summary>
    public KfOptions Kf { get; set; } = new();
}

/// <summary>Settings of 微信客服.</summary>
public sealed class KfOptions
{
    /// <summary>Secret of the app that may call the kf API.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Token of the callback.</summary>
    public string Token { get; set; } = "";

    /// <summary>EncodingAESKey of the callback, 43 characters.</summary>
    public string EncodingAesKey { get; set; } = "";

    /// <summary>The EncodingAESKey before the last change, so that changing it needs no downtime.</summary>
    public string PreviousEncodingAesKey { get; set; } = "";

    /// <summary>
    /// How far a callback's timestamp may be from our clock; anything else is refused with 403. The platform states no
    /// window, so this is ours: it bounds how long a captured callback can be replayed.
    /// </summary>
    public int MaxSkewSeconds { get; set; } = 300;

    /// <summary>Whether the channel is on: anything of it is set.</summary>
    public bool IsOn => Secret.Length + Token.Length + EncodingAesKey.Length + PreviousEncodingAesKey.Length > 0;
}
