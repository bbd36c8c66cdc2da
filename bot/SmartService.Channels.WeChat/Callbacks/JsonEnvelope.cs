using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>The JSON around a ciphertext, as the AI bot uses it.</summary>
public static class JsonEnvelope
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Takes the ciphertext out of a received body: one <c>encrypt</c>, which some callbacks spell <c>Encrypt</c>.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out string? encrypt)
    {
        encrypt = null;
        if (body.Length > CallbackLimits.MaxBodyBytes)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var lower = document.RootElement.TryGetProperty("encrypt", out var found);
            var upper = document.RootElement.TryGetProperty("Encrypt", out var capital);
            var value = lower ? found : capital;
            if (lower == upper || value.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            encrypt = value.GetString();
            return encrypt is not null;
        }
        // GetString refuses invalid UTF-8 and lone surrogates with the second kind.
        catch (Exception refused) when (refused is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>What the platform posts to us; used by the stand-in and by tests.</summary>
    public static string WriteCallback(string encrypt) =>
        JsonSerializer.Serialize(new Received(encrypt), JsonEnvelopeContext.Unescaped.Received);

    /// <summary>A passive reply. <paramref name="nonce"/> must be the one of the request's URL.</summary>
    public static string WriteReply(string encrypt, string signature, long timestamp, string nonce) =>
        JsonSerializer.Serialize(new Reply(encrypt, signature, timestamp, nonce), JsonEnvelopeContext.Unescaped.Reply);

    internal sealed record Received([property: JsonPropertyName("encrypt")] string Encrypt);

    internal sealed record Reply(
        [property: JsonPropertyName("encrypt")] string Encrypt,
        [property: JsonPropertyName("msgsignature")] string Signature,
        [property: JsonPropertyName("timestamp")] long Timestamp,
        [property: JsonPropertyName("nonce")] string Nonce);
}

[JsonSerializable(typeof(JsonEnvelope.Received))]
[JsonSerializable(typeof(JsonEnvelope.Reply))]
internal sealed partial class JsonEnvelopeContext : JsonSerializerContext
{
    // The default encoder would write the '+' of base64 as an escape.
    public static JsonEnvelopeContext Unescaped { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
