using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat;

/// <summary>Names the first wrong setting in one sentence.</summary>
internal sealed class WeChatOptionsValidator : IValidateOptions<WeChatOptions>
{
    public ValidateOptionsResult Validate(string? name, WeChatOptions options) =>
        Problem(options) is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;

    private static string? Problem(WeChatOptions options)
    {
        // A token travels in every query string, so plain http never leaves this machine.
        if (!Uri.TryCreate(options.ApiBaseUrl, UriKind.Absolute, out var root)
            || !(root.Scheme == Uri.UriSchemeHttps || (root.Scheme == Uri.UriSchemeHttp && root.IsLoopback))
            || root.UserInfo.Length > 0 || root.Query.Length > 0 || root.Fragment.Length > 0)
        {
            return "WeChat:ApiBaseUrl must be an https address, or http on the loopback, without user, query or fragment.";
        }

        var kf = options.Kf;
        if (!kf.IsOn)
        {
            return null;
        }

        return (options, kf) switch
        {
            ({ CorpId: "" }, _) => "WeChat:CorpId must be set, because WeChat:Kf is.",
            (_, { Secret: "" }) => "WeChat:Kf:Secret must be set, because other settings of WeChat:Kf are.",
            (_, { Token: "" }) => "WeChat:Kf:Token must be set, because other settings of WeChat:Kf are.",
            _ when !CallbackKeys.IsKey(kf.EncodingAesKey) => "WeChat:Kf:EncodingAesKey must be 43 characters of base64.",
            _ when kf.PreviousEncodingAesKey.Length > 0 && !CallbackKeys.IsKey(kf.PreviousEncodingAesKey) =>
                "WeChat:Kf:PreviousEncodingAesKey must be empty or 43 characters of base64.",
            (_, { MaxSkewSeconds: < 5 or > 86400 }) => "WeChat:Kf:MaxSkewSeconds must be between 5 and 86400.",
            _ => null,
        };
    }
}
