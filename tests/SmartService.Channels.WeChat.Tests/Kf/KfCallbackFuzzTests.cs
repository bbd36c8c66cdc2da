using System.Globalization;
using System.Text;
using SmartService.Channels.WeChat.Callbacks;
using SmartService.Channels.WeChat.Kf;

namespace SmartService.Channels.WeChat.Tests.Kf;

/// <summary>Seeded damage to callbacks. SMARTSERVICE_FUZZ sets how many are tried.</summary>
public sealed class KfCallbackFuzzTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1790000000);
    private static readonly KfCallback Callback = new(CallbackHost.Crypto, TimeSpan.FromSeconds(300));
    private static readonly string Encrypt = CallbackHost.Crypto.Encrypt(Encoding.UTF8.GetBytes(CallbackHost.Bell), new byte[16]);
    private static readonly CallbackQuery Right = new(CallbackHost.Crypto.Sign("1790000000", "n1", Encrypt), "1790000000", "n1");
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(XmlEnvelope.WriteCallback(FakeWeCom.Corp, "1000002", Encrypt));

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("SMARTSERVICE_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 20_000;

    [Fact]
    public void The_undamaged_callback_is_accepted() => Assert.True(Callback.ReadBell(Right, Body, Now).Rings);

    [Fact]
    public void Damaged_bodies_and_queries_never_throw_and_never_pass()
    {
        var random = new Random(20261125);
        var accepted = 0;
        for (var i = 0; i < Count; i++)
        {
            var body = random.Next(3) == 0 ? Body : Damage(Body, random);
            var query = random.Next(3) == 0 ? Right : Damage(Right, random);
            var bell = Callback.ReadBell(query, body, Now);
            if (bell.Error != CallbackError.None)
            {
                continue;
            }

            // Damage outside the ciphertext (a space between elements, another AgentID) changes nothing that is signed.
            accepted++;
            Assert.Equal(Right, query);
            Assert.True(XmlEnvelope.TryRead(body, out var encrypt));
            Assert.Equal(Encrypt, encrypt);
            Assert.Equal(("kf_msg_or_event", "wk1", "ENC1"), (bell.Kind, bell.OpenKfId, bell.BellToken));
        }

        Assert.InRange(accepted, 1, Count / 2);
    }

    [Fact]
    public void Damaged_frames_under_a_right_signature_never_throw()
    {
        // What somebody with the token, but without the key, could send.
        var random = new Random(7);
        var ciphertext = Convert.FromBase64String(Encrypt);
        for (var i = 0; i < Count; i++)
        {
            var encrypt = random.Next(4) == 0 ? Encoding.Latin1.GetString(Damage(Encoding.ASCII.GetBytes(Encrypt), random)) : Convert.ToBase64String(Damage(ciphertext, random));
            var query = new CallbackQuery(CallbackHost.Crypto.Sign("1790000000", "n1", encrypt), "1790000000", "n1");
            var opened = CallbackHost.Crypto.Decrypt(query, encrypt);
            if (opened.Ok)
            {
                // CBC without a MAC: only the signature protects the text. The frame must still hold together.
                Assert.Equal(opened.Message, Encoding.UTF8.GetBytes(opened.Text));
            }

            Assert.NotNull(Callback.ReadBell(query, Encoding.UTF8.GetBytes($"<xml><Encrypt>{encrypt}</Encrypt></xml>"), Now));
        }
    }

    [Fact]
    public void Damaged_inner_documents_never_throw()
    {
        var random = new Random(11);
        var inner = Encoding.UTF8.GetBytes(CallbackHost.Bell);
        for (var i = 0; i < Count / 2; i++)
        {
            var encrypt = CallbackHost.Crypto.Encrypt(Damage(inner, random));
            var query = new CallbackQuery(CallbackHost.Crypto.Sign("1790000000", "n1", encrypt), "1790000000", "n1");
            Assert.NotNull(Callback.ReadBell(query, Encoding.UTF8.GetBytes(XmlEnvelope.WriteCallback("ww", "", encrypt)), Now).Kind);
        }
    }

    [Fact]
    public void Damaged_echoes_never_throw_and_never_pass()
    {
        var random = new Random(13);
        for (var i = 0; i < Count / 2; i++)
        {
            var echo = random.Next(3) == 0 ? Encrypt : Encoding.Latin1.GetString(Damage(Encoding.ASCII.GetBytes(Encrypt), random));
            var query = random.Next(3) == 0 ? Right : Damage(Right, random);
            var raw = WeChatEndpoint.RawParameter($"?a=b&echostr={echo}", "echostr");
            var opened = Callback.ReadEcho(query, echo, raw, Now);
            Assert.Equal(query == Right && (echo == Encrypt || raw == Encrypt), opened.Ok);
        }
    }

    [Fact]
    public void Damaged_json_envelopes_never_throw()
    {
        var random = new Random(17);
        var body = Encoding.UTF8.GetBytes(JsonEnvelope.WriteCallback(Encrypt));
        for (var i = 0; i < Count; i++)
        {
            var damaged = Damage(body, random);
            Assert.Equal(JsonEnvelope.TryRead(damaged, out var encrypt), encrypt is not null);
        }
    }

    private static CallbackQuery Damage(CallbackQuery query, Random random) => random.Next(5) switch
    {
        0 => query with { Signature = Damage(query.Signature!, random) },
        1 => query with { Timestamp = Damage(query.Timestamp!, random) },
        2 => query with { Nonce = Damage(query.Nonce!, random) },
        3 => new CallbackQuery(random.Next(2) == 0 ? null : "", random.Next(2) == 0 ? null : query.Timestamp, query.Nonce),
        _ => query with { Nonce = null },
    };

    private static string Damage(string text, Random random) => Encoding.UTF8.GetString(Damage(Encoding.UTF8.GetBytes(text), random));

    private static byte[] Damage(byte[] bytes, Random random)
    {
        var damaged = new List<byte>(bytes);
        for (var rounds = random.Next(1, 4); rounds > 0; rounds--)
        {
            var at = random.Next(Math.Max(1, damaged.Count));
            switch (random.Next(7))
            {
                case 0 when damaged.Count > 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 2 when damaged.Count > 0:
                    damaged.RemoveRange(at, Math.Min(random.Next(1, 40), damaged.Count - at));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(at, Math.Min(random.Next(1, 80), damaged.Count - at)));
                    break;
                case 4:
                    damaged.InsertRange(at, "<!DOCTYPE a [<!ENTITY b \"c\">]>"u8.ToArray());
                    break;
                case 5:
                    damaged.InsertRange(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                default:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }

        return [.. damaged];
    }

    private static readonly byte[][] Pieces =
    [
        "<Encrypt>"u8.ToArray(), "</Encrypt>"u8.ToArray(), "]]>"u8.ToArray(), "<![CDATA["u8.ToArray(), "&#0;"u8.ToArray(), "&lt;"u8.ToArray(), "\0"u8.ToArray(),
        [0xFF, 0xFE], [0xED, 0xA0, 0x80], "<!--"u8.ToArray(), " "u8.ToArray(), "+"u8.ToArray(), "%"u8.ToArray(), "=="u8.ToArray(),
    ];
}
