using System.Text.Json;
using SmartService.Messages;
using SmartService.Replies;

namespace SmartService.Bot.Desk;

/// <summary>Stored payloads, and one line of plain text for each kind of them.</summary>
public static class StoredText
{
    public static MessageBody Message(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, SmartServiceJson.Stored.MessageBody) ?? new UnsupportedBody("null", payload);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            // A row that a newer version wrote is shown as it is, and never hides the conversation around it.
            return new UnsupportedBody("unreadable", payload);
        }
    }

    public static ReplyPart Reply(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, SmartServiceJson.Stored.ReplyPart) ?? new TextPart(payload);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            return new TextPart(payload);
        }
    }

    public static string Of(MessageBody body) => body switch
    {
        TextBody text => text.Text,
        MediaBody media => Of(media.Kind),
        LocationBody location => $"[位置] {location.Name ?? location.Address}",
        LinkBody link => $"[链接] {link.Title ?? link.Url}",
        ProductBody product => $"[商品] {product.Title} {product.Price}".TrimEnd(),
        OrderBody order => $"[订单] {order.OrderId} {order.Products}".TrimEnd(),
        EventBody happening => $"[事件] {happening.Kind}",
        _ => "[暂不支持的消息]",
    };

    public static string Of(ReplyPart part) => part switch
    {
        TextPart text => text.Text,
        MenuPart menu => $"{menu.Head} {string.Join(" / ", menu.Items.Select(item => item.Text))}",
        LinkPart link => $"[链接] {link.Title}",
        MediaPart media => Of(media.Kind),
        _ => "[消息]",
    };

    private static string Of(MediaKind kind) => kind switch
    {
        MediaKind.Image => "[图片]",
        MediaKind.Voice => "[语音]",
        MediaKind.Video => "[视频]",
        _ => "[文件]",
    };
}
