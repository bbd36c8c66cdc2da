using System.Security.Cryptography;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.StandIn;

/// <summary>
/// What the stand-in is. Credentials are random per start, so that nobody can rely on them; the host reads them from here
/// to configure the server. Numbers are the platform's own where it publishes them.
/// </summary>
public sealed class StandInOptions
{
    private const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Receive id of the callbacks.</summary>
    public string CorpId { get; set; } = "ww" + RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Secret of the app that the kf accounts are granted to.</summary>
    public string Secret { get; set; } = RandomNumberGenerator.GetString(Alphanumeric + "_-", 43);

    /// <summary>Signs the bells.</summary>
    public string Token { get; set; } = RandomNumberGenerator.GetString(Alphanumeric, 32);

    /// <summary>Encrypts the bells. Usually with unused bits set, as the console's keys are.</summary>
    public string EncodingAesKey { get; set; } = RandomNumberGenerator.GetString(Alphanumeric, 43);

    /// <summary>Where bells ring, for example <c>http://127.0.0.1:5080/wechat/kf</c>. Read at every bell; null = no bells.</summary>
    public Uri? CallbackUrl { get; set; }

    /// <summary>The kf accounts.</summary>
    public IList<StandInAccount> Accounts { get; init; } = [new StandInAccount("wkStandInShop000000000000000001", "山丘家居")];

    /// <summary>Error code of <c>kf/send_msg</c> for a msgid seen before. The platform does not publish it (wecom.md 10).</summary>
    public int DuplicateMsgIdCode { get; set; } = 95040;

    /// <summary>Life of an access token.</summary>
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How many <c>kf/sync_msg</c> calls an account has per minute without a bell's token. Severe, but not published.</summary>
    public int SyncCallsPerMinuteWithoutToken { get; set; } = 10;

    /// <summary>About every how many pages <c>kf/sync_msg</c> answers an empty list with <c>has_more</c> set; 0 = never.</summary>
    public int EmptyPageEvery { get; set; } = 5;

    /// <summary>How often one medium can be fetched per minute before 45033.</summary>
    public int MediaPullsPerMinute { get; set; } = 20;

    /// <summary>How long a callback may take.</summary>
    public TimeSpan CallbackTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>From the start of one attempt to the start of the next after a failure.</summary>
    public TimeSpan CallbackRetryInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Attempts per bell. A bell that fails them all is lost; the next message rings again.</summary>
    public int CallbackAttempts { get; set; } = 3;

    /// <summary>Let callers other than this machine use <c>control/</c>. They can then write as any customer.</summary>
    public bool AllowRemoteControl { get; set; }

    /// <summary>Product cards in the sandbox.</summary>
    public IList<SandboxProduct> Products { get; init; } = [];

    /// <summary>Order cards in the sandbox.</summary>
    public IList<SandboxOrder> Orders { get; init; } = [];

    /// <summary>Questions that the sandbox offers; empty = the built-in ones.</summary>
    public IList<string> Suggestions { get; init; } = [];

    /// <summary>Stops the start with a sentence that names the wrong setting.</summary>
    /// <exception cref="ArgumentException">A setting is wrong.</exception>
    public void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(CorpId), nameof(CorpId), " is empty.");
        Require(!string.IsNullOrWhiteSpace(Secret), nameof(Secret), " is empty.");
        Require(!string.IsNullOrWhiteSpace(Token), nameof(Token), " is empty.");
        Require(CallbackKeys.IsKey(EncodingAesKey), nameof(EncodingAesKey), " must be 43 characters of base64.");
        Require(CallbackUrl is null or { IsAbsoluteUri: true, Scheme: "http" or "https" }, nameof(CallbackUrl), " must be an absolute http or https address.");
        Require(Accounts.Count > 0, nameof(Accounts), " is empty.");
        Require(Accounts.Select(account => account.OpenKfId).Distinct(StringComparer.Ordinal).Count() == Accounts.Count, nameof(Accounts), " holds an OpenKfId twice.");
        Require(DuplicateMsgIdCode != 0, nameof(DuplicateMsgIdCode), " must not be 0, which means success.");
        Require(AccessTokenLifetime > TimeSpan.Zero, nameof(AccessTokenLifetime), " must be positive.");
        Require(SyncCallsPerMinuteWithoutToken >= 0, nameof(SyncCallsPerMinuteWithoutToken), " must not be negative.");
        Require(EmptyPageEvery is 0 or >= 2, nameof(EmptyPageEvery), " must be 0 or at least 2.");
        Require(MediaPullsPerMinute >= 1, nameof(MediaPullsPerMinute), " must be at least 1.");
        Require(CallbackTimeout > TimeSpan.Zero, nameof(CallbackTimeout), " must be positive.");
        Require(CallbackRetryInterval >= TimeSpan.Zero, nameof(CallbackRetryInterval), " must not be negative.");
        Require(CallbackAttempts >= 1, nameof(CallbackAttempts), " must be at least 1.");
    }

    private static void Require(bool holds, string setting, string rest)
    {
        if (!holds)
        {
            throw new ArgumentException($"StandIn: {setting}{rest}", setting);
        }
    }
}
