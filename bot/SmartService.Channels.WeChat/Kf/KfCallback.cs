using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>What a verified callback asks for.</summary>
/// <param name="Error">Why it was refused, if it was.</param>
/// <param name="Kind">The event's name, or the message type.</param>
/// <param name="OpenKfId">The account that has messages; missing in old tenants.</param>
/// <param name="BellToken">Lifts the pull's rate limit for ten minutes.</param>
internal sealed record KfBell(CallbackError Error, string Kind = "", string? OpenKfId = null, string? BellToken = null)
{
    private const string MessageEvent = "kf_msg_or_event";

    /// <summary>Whether there is something to pull.</summary>
    public bool Rings => Error == CallbackError.None && Kind == MessageEvent;
}

/// <summary>Verifies and parses the callbacks of 微信客服. Thread-safe, and never throws for what it is given.</summary>
internal sealed class KfCallback(CallbackCrypto crypto, TimeSpan maxSkew)
{
    /// <summary>Reads a POST.</summary>
    public KfBell ReadBell(CallbackQuery query, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (!XmlEnvelope.TryRead(body, out var encrypt))
        {
            return new KfBell(CallbackError.Envelope);
        }

        var opened = crypto.Decrypt(query, encrypt, new TimestampWindow(now, maxSkew));
        if (!opened.Ok)
        {
            return new KfBell(opened.Error);
        }

        if (!XmlFields.TryRead(opened.Message, out var fields))
        {
            return new KfBell(CallbackError.Envelope);
        }

        var kind = fields["MsgType"] == "event" ? fields["Event"] : fields["MsgType"];
        return new KfBell(CallbackError.None, kind ?? "", NullIfEmpty(fields["OpenKfId"]), NullIfEmpty(fields["Token"]));
    }

    /// <summary>
    /// Reads a GET. The timestamp counts here too: without it, a captured callback could be decrypted by sending its
    /// ciphertext as <c>echostr</c>.
    /// </summary>
    /// <param name="query">Signature, timestamp and nonce.</param>
    /// <param name="echo">The decoded parameter.</param>
    /// <param name="rawEcho">The parameter where a plus sign was kept: some senders do not encode it.</param>
    /// <param name="now">Our clock.</param>
    public DecryptResult ReadEcho(CallbackQuery query, string? echo, string? rawEcho, DateTimeOffset now)
    {
        var window = new TimestampWindow(now, maxSkew);
        var opened = crypto.Decrypt(query, echo, window);
        return opened.Error == CallbackError.Signature && rawEcho is not null && rawEcho != echo
            ? crypto.Decrypt(query, rawEcho, window)
            : opened;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
