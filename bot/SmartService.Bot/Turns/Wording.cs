using SmartService.Messages;
using SmartService.Replies;

namespace SmartService.Bot.Turns;

/// <summary>Says in a few words what a message was, for the history of a turn.</summary>
internal static class Wording
{
    private static TurnTexts Texts => TurnTexts.Current;

    public static string Of(MessageBody body) => body switch
    {
        TextBody text => text.Text,
        MediaBody media => Of(media.Kind),
        LocationBody location => Join(Texts.Location, location.Name ?? location.Address),
        LinkBody link => Join(Texts.Link, link.Title),
        ProductBody product => Join(Texts.Product, product.Title),
        OrderBody order => Join(Texts.Order, order.OrderId),
        _ => Texts.Unsupported,
    };

    public static string Of(ReplyPart part) => part switch
    {
        TextPart text => text.Text,
        MenuPart menu => string.Join('\n', menu.Items.Select(item => item.Text).Prepend(menu.Head)),
        LinkPart link => Join(Texts.Link, link.Title),
        MediaPart media => Of(media.Kind),
        _ => Texts.Unsupported,
    };

    private static string Of(MediaKind kind) => kind switch
    {
        MediaKind.Image => Texts.Image,
        MediaKind.Voice => Texts.Voice,
        MediaKind.Video => Texts.Video,
        _ => Texts.File,
    };

    private static string Join(string kind, string? what) => string.IsNullOrWhiteSpace(what) ? kind : $"{kind} {what}";
}
