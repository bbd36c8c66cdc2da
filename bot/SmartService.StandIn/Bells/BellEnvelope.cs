using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SmartService.Channels.WeChat.Callbacks;

namespace SmartService.StandIn.Bells;

/// <summary>A bell as it goes over the wire: encrypted, signed (wecom.md 1.3, 1.7, 3.2).</summary>
/// <param name="Url">The callback URL with signature, timestamp and nonce.</param>
/// <param name="Body">The XML envelope.</param>
internal sealed record BellEnvelope(Uri Url, string Body)
{
    public static BellEnvelope Seal(CallbackCrypto crypto, Uri callback, string openKfId, string syncToken, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var corpId = crypto.Keys.ReceiveId;
        var plain = $"<xml><ToUserName><![CDATA[{corpId}]]></ToUserName><CreateTime>{seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
            + $"<Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[{syncToken}]]></Token><OpenKfId><![CDATA[{openKfId}]]></OpenKfId></xml>";
        var encrypt = crypto.Encrypt(Encoding.UTF8.GetBytes(plain));
        var nonce = RandomNumberGenerator.GetInt32(1, int.MaxValue).ToString(CultureInfo.InvariantCulture);
        var query = $"msg_signature={crypto.Sign(seconds, nonce, encrypt)}&timestamp={seconds}&nonce={nonce}";
        var url = new UriBuilder(callback) { Query = callback.Query.Length > 1 ? callback.Query[1..] + "&" + query : query }.Uri;
        return new BellEnvelope(url, $"<xml><ToUserName><![CDATA[{corpId}]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>");
    }
}
