using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat.Tests.Callbacks;

public sealed class VectorTests
{
    [Theory]
    [InlineData("zh-CN")]
    [InlineData("tr-TR")]
    [InlineData("")]
    public void Every_shared_vector_holds_under_any_culture(string culture)
    {
        Assert.SkipWhen(VectorFile.Path is null, "shared/reference/wecom-crypto-vectors.json is not here (set SMARTSERVICE_SHARED to find it)");
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            var cases = VectorFile.Cases();
            Assert.NotEmpty(cases);
            Assert.All(cases, Check);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static void Check(JsonElement vector)
    {
        var kind = vector.GetProperty("kind").GetString();
        var config = vector.GetProperty("config");
        var expect = vector.GetProperty("expect");
        if (Text(expect, "reason") == "key")
        {
            Assert.False(CallbackKeys.IsKey(Text(config, "encodingAESKey")));
            return;
        }

        var crypto = new CallbackCrypto(new CallbackKeys(
            Text(config, "token") ?? "", Text(config, "encodingAESKey")!, Text(config, "receiveId") ?? "", Text(config, "previousEncodingAESKey")));
        var request = vector.GetProperty("request");
        switch (kind)
        {
            case "encrypt-reply-xml" or "encrypt-reply-json":
                CheckProduced(crypto, request, expect);
                break;
            case "media-decrypt":
                var open = crypto.TryDecryptMedia(Convert.FromBase64String(Text(request, "ciphertextBase64")!), out var media);
                Assert.Equal(Text(expect, "result") == "accept", open);
                Assert.Equal(Text(expect, "bytesBase64") ?? "", Convert.ToBase64String(media));
                break;
            default:
                CheckReceived(crypto, kind!, vector, request, expect);
                break;
        }
    }

    private static void CheckProduced(CallbackCrypto crypto, JsonElement request, JsonElement expect)
    {
        var encrypt = crypto.Encrypt(Encoding.UTF8.GetBytes(Text(request, "plaintext")!), Convert.FromBase64String(Text(request, "random16Base64")!));
        Assert.Equal(Text(expect, "encrypt"), encrypt);
        Assert.Equal(Text(expect, "msgSignature"), crypto.Sign(Text(request, "timestamp")!, Text(request, "nonce")!, encrypt));
    }

    private static void CheckReceived(CallbackCrypto crypto, string kind, JsonElement vector, JsonElement request, JsonElement expect)
    {
        var body = Encoding.UTF8.GetBytes(Text(request, "body") ?? "");
        var encrypt = kind switch
        {
            "verify-url" => Text(request, "echostr"),
            "callback-xml" => XmlEnvelope.TryRead(body, out var xml) ? xml : null,
            "callback-json" => JsonEnvelope.TryRead(body, out var json) ? json : null,
            _ => Text(request, "encrypt"),
        };
        var now = vector.TryGetProperty("now", out var clock)
            ? new TimestampWindow(DateTimeOffset.FromUnixTimeSeconds(clock.GetInt64()), TimeSpan.FromSeconds(vector.GetProperty("config").GetProperty("maxSkewSeconds").GetInt32()))
            : null;
        var result = crypto.Decrypt(new CallbackQuery(Text(request, "msg_signature"), Text(request, "timestamp"), Text(request, "nonce")), encrypt, now);

        if (Text(expect, "result") == "reject")
        {
            Assert.False(result.Ok);
            Assert.Equal(Expected(Text(expect, "reason")!, encrypt, result.Error), result.Error);
            return;
        }

        Assert.Equal(CallbackError.None, result.Error);
        Assert.Equal(Text(expect, "plaintextSha256"), Convert.ToHexStringLower(SHA256.HashData(result.Message)));
        if (Text(expect, "plaintext") is { } plaintext)
        {
            Assert.Equal(plaintext, result.Text);
        }

        if (kind == "callback-xml" && expect.TryGetProperty("fields", out var fields))
        {
            Assert.True(XmlFields.TryRead(result.Message, out var read));
            Assert.All(fields.EnumerateObject(), field => Assert.Equal(field.Value.GetString(), read[field.Name]));
        }
    }

    // A refused envelope leaves no ciphertext to check.
    private static CallbackError Expected(string reason, string? encrypt, CallbackError actual) => reason switch
    {
        "xml" or "json" => encrypt is null ? actual : CallbackError.Envelope,
        "signature" => CallbackError.Signature,
        "receiveid" => CallbackError.ReceiveId,
        "length" or "padding" => CallbackError.Decrypt,
        "buffer" => CallbackError.Buffer,
        "base64" => CallbackError.Base64,
        "stale" => CallbackError.Stale,
        _ => actual,
    };

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
