using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Xml;

namespace SmartService.Channels.WeChat.Callbacks;

/// <summary>The XML around a ciphertext.</summary>
public static class XmlEnvelope
{
    /// <summary>Takes the ciphertext out of a received body: exactly one <c>Encrypt</c> child of the root.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, [NotNullWhen(true)] out string? encrypt)
    {
        encrypt = null;
        if (body.Length <= CallbackLimits.MaxBodyBytes && XmlFields.TryRead(body, out var fields))
        {
            encrypt = fields["Encrypt"];
        }

        return encrypt is not null;
    }

    /// <summary>What the platform posts to us; used by the stand-in and by tests.</summary>
    public static string WriteCallback(string toUserName, string agentId, string encrypt) =>
        $"<xml><ToUserName>{Cdata(toUserName)}</ToUserName><AgentID>{Cdata(agentId)}</AgentID><Encrypt>{Cdata(encrypt)}</Encrypt></xml>";

    /// <summary>A passive reply.</summary>
    public static string WriteReply(string encrypt, string signature, long timestamp, string nonce) =>
        string.Create(CultureInfo.InvariantCulture, $"<xml><Encrypt>{Cdata(encrypt)}</Encrypt><MsgSignature>{Cdata(signature)}</MsgSignature><TimeStamp>{timestamp}</TimeStamp><Nonce>{Cdata(nonce)}</Nonce></xml>");

    /// <summary>A CDATA section for any text: the terminator is split, characters that XML 1.0 forbids are dropped.</summary>
    public static string Cdata(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var clean = new StringBuilder(text.Length + 16).Append("<![CDATA[");
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                clean.Append(text, i++, 2);
            }
            else if (XmlConvert.IsXmlChar(text[i]))
            {
                clean.Append(text[i]);
            }
        }

        return clean.Replace("]]>", "]]]]><![CDATA[>", 9, clean.Length - 9).Append("]]>").ToString();
    }
}
