using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>A control request that makes no sense; answered with 400 and the sentence.</summary>
internal sealed class ControlException(string message) : Exception(message);

/// <summary>JSON in and out of <c>control/</c>.</summary>
internal static class ControlAnswers
{
    private const int MaxBody = 32 * 1024 * 1024;

    public static Task WriteAsync(this HttpResponse response, Action<Utf8JsonWriter> fields) => response.WriteJsonAsync(PlatformJson.Object(fields));

    public static async Task WriteJsonAsync(this HttpResponse response, ReadOnlyMemory<byte> json)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(json, response.HttpContext.RequestAborted);
    }

    public static async Task<JsonElement> ReadJsonAsync(this HttpContext http)
    {
        // A browser asks permission before it sends this type to another site, so foreign pages cannot write here.
        if (!http.Request.HasJsonContentType())
        {
            throw new ControlException("Content-Type must be application/json.");
        }

        var bytes = await PlatformPipeline.ReadAsync(http, MaxBody) ?? throw new ControlException("The body is too large.");
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return PlatformJson.Clean(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ControlException("The body is not JSON in valid UTF-8.");
        }
    }

    public static DateTimeOffset? SendTime(this JsonElement body) =>
        body.Member("send_time") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var seconds) && Math.Abs(seconds) < 100_000_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    /// <summary>The type and payload of a kf message object.</summary>
    public static (string Type, JsonElement Payload) Message(this JsonElement body)
    {
        var type = body.Text("msgtype");
        if (string.IsNullOrEmpty(type) || type is "event" || body.Object(type) is not { } payload)
        {
            throw new ControlException("A message needs msgtype and an object of that name.");
        }

        return (type, payload);
    }

    public static string CustomerId(string? customer)
    {
        if (string.IsNullOrEmpty(customer) || customer.Length > 64 || !customer.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '@'))
        {
            throw new ControlException("external_userid must be 1 to 64 of [0-9A-Za-z_.@-].");
        }

        return customer;
    }
}
