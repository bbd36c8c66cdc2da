namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>Sizes that a callback may not exceed.</summary>
public static class CallbackLimits
{
    /// <summary>1 MiB, as the vendor's own plugins allow; a real bell has about 500 bytes.</summary>
    public const int MaxBodyBytes = 1024 * 1024;
}
