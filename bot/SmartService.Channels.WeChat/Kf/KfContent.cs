using SmartService.Channels.WeChat.Api;
using SmartService.Messages;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>A fitted part in the platform's words.</summary>
internal sealed record KfContent(string Msgtype)
{
    public TextContent? Text { get; private init; }

    public MenuContent? Msgmenu { get; private init; }

    public LinkContent? Link { get; private init; }

    public MediaContent? Media { get; private init; }

    public static KfContent Of(ReplyPart part) => part switch
    {
        TextPart text => new KfContent("text") { Text = new TextContent(text.Text) },
        MenuPart menu => new KfContent("msgmenu") { Msgmenu = Menu(menu) },
        LinkPart { ThumbMediaId: { } thumb } link => new KfContent("link") { Link = new LinkContent(link.Title, NullIfEmpty(link.Description), link.Url, thumb) },
        LinkPart link => new KfContent("text") { Text = new TextContent(KfFit.LinkText(link)) },
        MediaPart media => new KfContent(media.Kind switch
        {
            MediaKind.Image => "image",
            MediaKind.Voice => "voice",
            MediaKind.Video => "video",
            _ => "file",
        })
        { Media = new MediaContent(media.MediaId) },
        _ => throw new ArgumentException($"The kf channel does not know {part.GetType().Name}.", nameof(part)),
    };

    public SendRequest ToRequest(OutboundPart part) => new()
    {
        Touser = part.Customer,
        OpenKfid = part.Account,
        Msgid = part.ReplyId,
        Msgtype = Msgtype,
        Text = Text,
        Msgmenu = Msgmenu,
        Link = Link,
        Image = Msgtype == "image" ? Media : null,
        Voice = Msgtype == "voice" ? Media : null,
        Video = Msgtype == "video" ? Media : null,
        File = Msgtype == "file" ? Media : null,
    };

    private static MenuContent Menu(MenuPart menu) => new(
        NullIfEmpty(menu.Head),
        [.. menu.Items.Select(item => item.Url is { } url
            ? new MenuEntry("view", View: new ViewEntry(url, item.Text))
            : new MenuEntry("click", Click: new ClickEntry(item.Id, item.Text)))],
        NullIfEmpty(menu.Tail));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
