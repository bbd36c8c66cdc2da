using System.Text;
using System.Text.Json;

namespace SmartService.StandIn.Platform;

/// <summary>What <c>kf/send_msg</c> accepts as content (wecom.md 3.6). Limits are bytes of UTF-8.</summary>
internal sealed class MessageLimits(MediaStore media)
{
    private const int MaxText = 2048;
    private const int MaxMenuItems = 10;

    public Refusal? Check(string? type, JsonElement? payload)
    {
        if (string.IsNullOrEmpty(type))
        {
            return new Refusal(40063, "msgtype missing");
        }

        if (type is not ("text" or "image" or "voice" or "video" or "file" or "link" or "miniprogram" or "msgmenu" or "location" or "business_card" or "ca_link"))
        {
            return new Refusal(40008, "invalid message type");
        }

        if (payload is not { } body)
        {
            return new Refusal(40063, type + " missing");
        }

        return type switch
        {
            "text" => Text(body),
            "image" or "voice" or "video" or "file" => Medium(body.Text("media_id"), "media_id", type),
            "link" => Required(body, "title", 128) ?? Optional(body, "desc", 512) ?? Required(body, "url", 2048) ?? Url(body) ?? Medium(body.Text("thumb_media_id"), "thumb_media_id", "image"),
            "miniprogram" => Required(body, "appid", 64) ?? Required(body, "title", 64) ?? Required(body, "pagepath", 1024) ?? Medium(body.Text("thumb_media_id"), "thumb_media_id", "image"),
            "msgmenu" => Menu(body),
            "location" => Degrees(body, "latitude", 90) ?? Degrees(body, "longitude", 180),
            "business_card" => Required(body, "userid", 64),
            _ => Required(body, "link_url", 2048),
        };
    }

    private static Refusal? Text(JsonElement body)
    {
        if (string.IsNullOrWhiteSpace(body.Text("content")))
        {
            return new Refusal(44004, "empty content");
        }

        return Bytes(body.Text("content")) > MaxText ? new Refusal(45002, "content size out of limit") : null;
    }

    private static Refusal? Menu(JsonElement menu)
    {
        var items = menu.Array("list") is { } list ? list.EnumerateArray().ToList() : [];
        if (items.Count == 0 && string.IsNullOrWhiteSpace(menu.Text("head_content")))
        {
            return new Refusal(44004, "empty content");
        }

        if (Bytes(menu.Text("head_content")) > 1024 || Bytes(menu.Text("tail_content")) > 1024)
        {
            return new Refusal(45002, "content size out of limit");
        }

        if (items.Count > MaxMenuItems)
        {
            return new Refusal(95008, "too many menu items");
        }

        return items.Select(Item).FirstOrDefault(refusal => refusal is not null);
    }

    private static Refusal? Item(JsonElement item)
    {
        var type = item.Text("type");
        if (type is not ("click" or "view" or "miniprogram" or "text"))
        {
            return new Refusal(95009, "invalid menu item type");
        }

        if (item.Object(type) is not { } body)
        {
            return new Refusal(40063, $"list.{type} missing");
        }

        return type switch
        {
            // An id is optional in no published text; without one a click cannot be told apart.
            "click" => Required(body, "id", 64) ?? Required(body, "content", 128),
            "view" => Required(body, "url", 2048) ?? Required(body, "content", 1024),
            "miniprogram" => Required(body, "appid", 64) ?? Required(body, "pagepath", 1024) ?? Required(body, "content", 1024),
            _ => Required(body, "content", 1024),
        };
    }

    private Refusal? Medium(string? mediaId, string field, string type)
    {
        if (string.IsNullOrEmpty(mediaId))
        {
            return new Refusal(40063, field + " missing");
        }

        return media.Find(mediaId) is { } found && found.Type == type ? null : new Refusal(40007, "invalid media_id");
    }

    private static Refusal? Url(JsonElement body) =>
        Uri.TryCreate(body.Text("url"), UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? null : new Refusal(40035, "url needs a scheme");

    private static Refusal? Degrees(JsonElement body, string name, double max)
    {
        if (body.Member(name) is not { ValueKind: JsonValueKind.Number } value)
        {
            return new Refusal(40063, name + " missing");
        }

        return Math.Abs(value.GetDouble()) <= max ? null : new Refusal(40035, "invalid " + name);
    }

    private static Refusal? Required(JsonElement body, string name, int max) =>
        string.IsNullOrEmpty(body.Text(name)) ? new Refusal(40063, name + " missing") : Optional(body, name, max);

    private static Refusal? Optional(JsonElement body, string name, int max) =>
        Bytes(body.Text(name)) > max ? new Refusal(40058, name + " exceeds its limit") : null;

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
