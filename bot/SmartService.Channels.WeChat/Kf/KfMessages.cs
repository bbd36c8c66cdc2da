using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartService.Messages;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Turns one element of <c>msg_list</c> into a message.</summary>
internal static class KfMessages
{
    /// <summary>Null when the element names no customer: such events concern a servicer or the account only.</summary>
    public static InboundMessage? Read(JsonElement element, string account)
    {
        var kind = element.Text("msgtype") ?? "";
        // An event names account and customer inside its own object.
        var named = kind == "event" && element.Object("event") is { } inner ? inner : element;
        var customer = named.Text("external_userid") ?? element.Text("external_userid");
        if (string.IsNullOrEmpty(customer))
        {
            return null;
        }

        var id = element.Text("msgid");
        return new InboundMessage
        {
            Channel = KfChannel.ChannelName,
            Account = named.Text("open_kfid") is { Length: > 0 } openKfId ? openKfId : account,
            Customer = customer,
            MessageId = string.IsNullOrEmpty(id) ? HashOf(element) : id,
            SentAt = At(element.Number("send_time") ?? 0),
            Origin = element.Number("origin") switch
            {
                3 => MessageOrigin.Customer,
                5 => MessageOrigin.Servicer,
                // Events are 4. An origin that we do not know is nobody whom the bot should answer.
                _ => MessageOrigin.System,
            },
            Body = Body(kind, element),
        };
    }

    private static MessageBody Body(string kind, JsonElement element)
    {
        var body = element.Object(kind) is { } found ? Known(kind, found) : null;
        return body ?? new UnsupportedBody(kind.Length == 0 ? "unknown" : kind, element.GetRawText());
    }

    private static MessageBody? Known(string kind, JsonElement body) => kind switch
    {
        "text" => body.Text("content") is { } text ? new TextBody(text, body.Text("menu_id") is { Length: > 0 } id ? id : null) : null,
        "image" => Media(MediaKind.Image, body),
        "voice" => Media(MediaKind.Voice, body),
        "video" => Media(MediaKind.Video, body),
        "file" => Media(MediaKind.File, body),
        "location" => body.Degrees("latitude") is { } latitude && body.Degrees("longitude") is { } longitude
            ? new LocationBody(latitude, longitude, body.Text("name"), body.Text("address"))
            : null,
        "link" => new LinkBody(body.Text("title"), body.Text("desc"), body.Text("url")),
        "miniprogram" => new LinkBody(body.Text("title"), body.Text("pagepath"), null),
        "channels" => new LinkBody(body.Text("title"), body.Text("nickname"), null),
        "channels_shop_product" => new ProductBody(body.Text("product_id"), body.Text("title"), body.Text("sales_price"), body.Text("shop_nickname")),
        "channels_shop_order" => new OrderBody(body.Text("order_id"), body.Text("product_titles"), body.Text("price_wording"), body.Text("state")),
        "msgmenu" => new TextBody(Menu(body)),
        "merged_msg" => new TextBody(Merged(body)),
        "event" => Event(body),
        _ => null,
    };

    private static MediaBody? Media(MediaKind kind, JsonElement body) =>
        body.Text("media_id") is { Length: > 0 } id ? new MediaBody(kind, id) : null;

    private static string Menu(JsonElement body) => Lines(
        [
            body.Text("head_content"),
            .. body.Array("list").Select(item => item.Text("type") is { } type ? item.Object(type)?.Text("content") : null),
            body.Text("tail_content"),
        ]);

    // A forwarded chat record: what the customer wants us to read is in its items.
    private static string Merged(JsonElement body) => Lines(
        [
            body.Text("title"),
            .. body.Array("item").Select(item => $"{item.Text("sender_name")}：{MergedText(item)}"),
        ]);

    private static string MergedText(JsonElement item)
    {
        var kind = item.Text("msgtype") ?? "";
        try
        {
            using var content = JsonDocument.Parse(item.Text("msg_content") ?? "");
            var inner = content.RootElement.Object(kind) ?? content.RootElement;
            return inner.Text("content") ?? inner.Text("title") ?? $"[{kind}]";
        }
        catch (JsonException)
        {
            return $"[{kind}]";
        }
    }

    private static EventBody? Event(JsonElement body)
    {
        if (body.Text("event_type") is not { Length: > 0 } kind)
        {
            return null;
        }

        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in body.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var nested in field.Value.EnumerateObject())
                {
                    Add($"{field.Name}.{nested.Name}", nested.Value);
                }
            }
            else if (field.Name is not ("event_type" or "open_kfid" or "external_userid"))
            {
                Add(field.Name, field.Value);
            }
        }

        return new EventBody(kind, fields);

        void Add(string name, JsonElement value)
        {
            if (value.Text() is { } text)
            {
                fields[name] = text;
            }
        }
    }

    private static string Lines(IEnumerable<string?> lines) => string.Join('\n', lines.Where(line => !string.IsNullOrEmpty(line)));

    private static DateTimeOffset At(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, 0, DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    // Without an id of its own, a message's content is what makes a repeat harmless.
    private static string HashOf(JsonElement element) =>
        "sha-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(element.GetRawText())))[..28];
}
