using System.Text.Json;

namespace SmartService.Channels.WeChat.Api;

/// <summary>What every answer holds. The HTTP status is 200 for errors too, so <see cref="Errcode"/> decides.</summary>
public record WeComAnswer
{
    public int Errcode { get; init; }

    public string? Errmsg { get; init; }
}

public sealed record TokenAnswer : WeComAnswer
{
    public string? AccessToken { get; init; }

    public int ExpiresIn { get; init; }
}

public sealed record SyncAnswer : WeComAnswer
{
    public string? NextCursor { get; init; }

    public int HasMore { get; init; }

    /// <summary>Raw, because kinds that we do not know must be kept as they came.</summary>
    public IReadOnlyList<JsonElement>? MsgList { get; init; }
}

public sealed record SendAnswer : WeComAnswer
{
    public string? Msgid { get; init; }
}

public sealed record StateAnswer : WeComAnswer
{
    public int ServiceState { get; init; }

    public string? ServicerUserid { get; init; }
}

public sealed record TransferAnswer : WeComAnswer
{
    public string? MsgCode { get; init; }
}

public sealed record AccountsAnswer : WeComAnswer
{
    public IReadOnlyList<KfAccount>? AccountList { get; init; }
}

/// <summary>A kf account; <see cref="ManagePrivilege"/> false means that it is not assigned to our app.</summary>
public sealed record KfAccount(string OpenKfid, string? Name, string? Avatar, bool? ManagePrivilege);
