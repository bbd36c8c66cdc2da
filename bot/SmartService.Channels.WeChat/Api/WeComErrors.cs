using System.Text.RegularExpressions;

namespace SmartService.Channels.WeChat.Api;

/// <summary>What an error code asks us to do.</summary>
internal enum ErrorKind
{
    /// <summary>Repeat later.</summary>
    Busy,

    /// <summary>The access token died; refreshed once by <see cref="KfApi"/>, afterwards like <see cref="Busy"/>.</summary>
    Token,

    /// <summary>The customer has to write first.</summary>
    Held,

    /// <summary>The session is in a state where the API may not send.</summary>
    WrongState,

    /// <summary>This message, customer or call will never work.</summary>
    Refused,

    /// <summary>A person has to change a setting.</summary>
    Setting,
}

internal sealed record WeComError(ErrorKind Kind, string Sentence, TimeSpan? RetryAfter = null);

/// <summary>The platform's error codes in plain words.</summary>
internal static partial class WeComErrors
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan TenMinutes = TimeSpan.FromMinutes(10);

    private static readonly Dictionary<int, WeComError> Known = new()
    {
        [-1] = new(ErrorKind.Busy, "The platform is busy.", Soon),
        [45009] = new(ErrorKind.Busy, "The platform's rate limit is reached.", Minute),
        [45011] = new(ErrorKind.Busy, "The platform's rate limit is reached.", Minute),
        [45033] = new(ErrorKind.Busy, "Too many calls at once.", Soon),
        [95007] = new(ErrorKind.Busy, "The bell's token is older than ten minutes.", Soon),
        [95016] = new(ErrorKind.Busy, "This change of the session's state is not allowed now.", Soon),

        [40014] = new(ErrorKind.Token, "The access token is invalid.", Soon),
        [42001] = new(ErrorKind.Token, "The access token has expired.", Soon),
        [41001] = new(ErrorKind.Token, "The access token is missing.", Soon),

        [95001] = new(ErrorKind.Held, "Five messages were sent after the customer's last one."),
        [95002] = new(ErrorKind.Held, "The customer's last message is older than 48 hours."),
        [95013] = new(ErrorKind.Held, "The session has ended."),
        [95031] = new(ErrorKind.Held, "The customer has not written for 48 hours."),
        [95018] = new(ErrorKind.WrongState, "The session's state does not allow sending by API: a servicer has it, it has ended, or 48 hours have passed. If every new session does this, routing is left to WeCom: assign the kf account to this app in the console (通过API管理)."),

        [40003] = new(ErrorKind.Refused, "The customer is unknown to the platform."),
        [40007] = new(ErrorKind.Refused, "The media id is invalid or has expired."),
        [40008] = new(ErrorKind.Refused, "The message type is invalid."),
        [40033] = new(ErrorKind.Refused, "The request holds escaped characters."),
        [40035] = new(ErrorKind.Refused, "A parameter is invalid."),
        [40058] = new(ErrorKind.Refused, "A parameter is invalid or too long."),
        [40063] = new(ErrorKind.Refused, "A parameter is missing."),
        [40096] = new(ErrorKind.Refused, "The customer does not belong to this corp."),
        [40201] = new(ErrorKind.Refused, "The platform blocked the content or the account."),
        [41050] = new(ErrorKind.Refused, "The event's code has expired or was used."),
        [41051] = new(ErrorKind.Refused, "The customer has started to chat already."),
        [41096] = new(ErrorKind.Refused, "The welcome is being sent already."),
        [44004] = new(ErrorKind.Refused, "The content is empty."),
        [45001] = new(ErrorKind.Refused, "The media file is too large."),
        [45002] = new(ErrorKind.Refused, "The content is too long."),
        [95008] = new(ErrorKind.Refused, "The menu has more than ten items."),
        [95009] = new(ErrorKind.Refused, "A menu item has an unknown type."),
        [95014] = new(ErrorKind.Refused, "The chosen person is no servicer of this account, or not activated."),
        [95019] = new(ErrorKind.Refused, "The chosen servicer is not receiving customers now."),
        [95030] = new(ErrorKind.Refused, "A component of the corp bans this message type."),

        [40001] = new(ErrorKind.Setting, "WeChat:Kf:Secret is wrong, or its app is switched off.", TenMinutes),
        [40013] = new(ErrorKind.Setting, "WeChat:CorpId is wrong.", TenMinutes),
        [40056] = new(ErrorKind.Setting, "The app's agent id is wrong.", TenMinutes),
        [43009] = new(ErrorKind.Setting, "The corp is not verified.", TenMinutes),
        [48002] = new(ErrorKind.Setting, "The app may not call this API: list it in the console under 微信客服 → 可调用接口的应用.", TenMinutes),
        [48006] = new(ErrorKind.Setting, "The right to call the API was withdrawn.", TenMinutes),
        [48007] = new(ErrorKind.Setting, "The kf account is not assigned to this app: assign it in the console under 微信客服 → 通过API管理.", TenMinutes),
        [50002] = new(ErrorKind.Setting, "A servicer or customer is outside the app's visible range.", TenMinutes),
        [50003] = new(ErrorKind.Setting, "The app is disabled.", TenMinutes),
        [60011] = new(ErrorKind.Setting, "A member is outside the app's visible range.", TenMinutes),
        [60020] = new(ErrorKind.Setting, "This server's IP address is not in the app's list of trusted addresses (企业可信IP); a change takes about a minute.", Minute),
        [60031] = new(ErrorKind.Setting, "Calls to the API are forbidden for this app.", TenMinutes),
        [95000] = new(ErrorKind.Setting, "The kf account id is invalid.", TenMinutes),
        [95003] = new(ErrorKind.Setting, "The corp's customer limit is reached; verify the corp.", TenMinutes),
        [95004] = new(ErrorKind.Setting, "The kf account was deleted or belongs to another corp.", TenMinutes),
        [95011] = new(ErrorKind.Setting, "The secret belongs to the combined product mode, the kf product runs stand-alone: use the secret of an app listed under 可调用接口的应用.", TenMinutes),
        [95012] = new(ErrorKind.Setting, "The secret belongs to the stand-alone product mode, the kf product runs combined: use the secret of an app listed under 可调用接口的应用.", TenMinutes),
        [95015] = new(ErrorKind.Setting, "A dedicated service is configured for this account in the console; switch it off or answer there.", TenMinutes),
        [95017] = new(ErrorKind.Setting, "The API switch of 微信客服 is off in the console.", TenMinutes),
        [95023] = new(ErrorKind.Setting, "The API of 微信客服 is granted to another app.", TenMinutes),
        [301007] = new(ErrorKind.Setting, "The corp was dissolved or banned.", TenMinutes),
    };

    public static WeComError Of(WeComAnswer answer)
    {
        if (!Known.TryGetValue(answer.Errcode, out var error))
        {
            return new(ErrorKind.Refused, "The platform refused the call.", Minute);
        }

        return answer.Errcode == 60020 && CallerIp().Match(answer.Errmsg ?? "") is { Success: true } ip
            ? error with { Sentence = $"{error.Sentence} The address is {ip.Value}." }
            : error;
    }

    public static ChannelException ToException(WeComAnswer answer)
    {
        var error = Of(answer);
        return new ChannelException($"{error.Sentence} (WeCom {answer.Errcode})")
        {
            Code = answer.Errcode,
            Permanent = error.Kind == ErrorKind.Setting,
            RetryAfter = error.RetryAfter ?? TenMinutes,
        };
    }

    /// <summary>
    /// A repeated msgid is refused under a code that the platform does not publish, so its words decide: the message is
    /// there already.
    /// </summary>
    public static bool SaysRepeated(WeComAnswer answer) =>
        answer is { Errcode: not 0, Errmsg: { } words }
        && words.Contains("msgid", StringComparison.OrdinalIgnoreCase)
        && RepeatedWords().IsMatch(words);

    // The rest of errmsg is not quoted: it may echo what we sent.
    [GeneratedRegex(@"\b\d{1,3}(\.\d{1,3}){3}\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CallerIp();

    [GeneratedRegex("duplicat|repeat|exist|already|unique|重复|已存在", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex RepeatedWords();
}
