namespace SmartService.Channels.WeChat.Api;

/// <summary>Body of <c>kf/sync_msg</c>.</summary>
public sealed record SyncRequest(string OpenKfid, string? Cursor, string? Token, int Limit = 1000, int VoiceFormat = 0);

/// <summary>Body of <c>kf/send_msg</c>; exactly the object named by <see cref="Msgtype"/> is set.</summary>
public sealed record SendRequest
{
    public required string Touser { get; init; }

    public required string OpenKfid { get; init; }

    public required string Msgid { get; init; }

    public required string Msgtype { get; init; }

    public TextContent? Text { get; init; }

    public MenuContent? Msgmenu { get; init; }

    public LinkContent? Link { get; init; }

    public MediaContent? Image { get; init; }

    public MediaContent? Voice { get; init; }

    public MediaContent? Video { get; init; }

    public MediaContent? File { get; init; }
}

/// <summary>Body of <c>kf/send_msg_on_event</c>: text or menu only, each code works once.</summary>
public sealed record EventSendRequest(string Code, string Msgid, string Msgtype, TextContent? Text, MenuContent? Msgmenu);

public sealed record TextContent(string Content);

public sealed record MediaContent(string MediaId);

public sealed record LinkContent(string Title, string? Desc, string Url, string ThumbMediaId);

public sealed record MenuContent(string? HeadContent, IReadOnlyList<MenuEntry> List, string? TailContent);

/// <summary>One entry of a menu; <see cref="Type"/> is <c>click</c> or <c>view</c>.</summary>
public sealed record MenuEntry(string Type, ClickEntry? Click = null, ViewEntry? View = null);

public sealed record ClickEntry(string Id, string Content);

public sealed record ViewEntry(string Url, string Content);

/// <summary>Body of <c>kf/service_state/get</c>.</summary>
public sealed record StateRequest(string OpenKfid, string ExternalUserid);

/// <summary>Body of <c>kf/service_state/trans</c>.</summary>
public sealed record TransferRequest(string OpenKfid, string ExternalUserid, int ServiceState, string? ServicerUserid);

/// <summary>Body of <c>kf/account/list</c>.</summary>
public sealed record AccountsRequest(int Offset, int Limit);
