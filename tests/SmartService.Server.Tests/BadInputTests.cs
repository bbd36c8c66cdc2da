using System.Net;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartService.Channels.WeChat;
using SmartService.Channels.WeChat.Callbacks;
using SmartService.Data;

namespace SmartService.Server.Tests;

/// <summary>Hostile and broken callbacks against the whole server: the documented answer, and customers notice nothing.</summary>
public sealed class BadInputTests(RunningDemo demo)
{
    [Theory]
    [InlineData("<xml><ToUserName><![CDATA[ww1]]></ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt></xml>")]
    [InlineData("<xml><Encrypt>")]
    [InlineData("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml><Encrypt>&a;</Encrypt></xml>")]
    [InlineData("<xml></xml>")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task A_body_that_is_not_ours_is_refused_without_a_reason(string body)
    {
        using var answer = await PostAsync(demo, "msg_signature=00&timestamp=1&nonce=2", body);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_body_over_one_mebibyte_is_refused()
    {
        using var answer = await PostAsync(demo, "msg_signature=00&timestamp=1&nonce=2", new string('x', (1024 * 1024) + 1));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task A_locked_database_answers_503_and_loses_nothing()
    {
        // A demo of its own: the others would wait for the lock too.
        await using var shop = new RunningDemo();
        await shop.InitializeAsync();
        const string Customer = "wmLocked";
        await shop.SayAsync(Customer, "你好");
        var before = (await shop.RepliesAsync(Customer, 1)).Count;
        await using (var other = new SqliteConnection($"Data Source={Path.Combine(shop.DataFolder, DataServices.FileName)}"))
        {
            await other.OpenAsync();
            await using var exclusive = other.BeginTransaction(deferred: false);
            var said = shop.SayAsync(Customer, "云朵沙发多少钱");

            using var answer = await RingAsync(shop);
            using var ready = await shop.Http.GetAsync("/health/ready");

            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("locked", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            await said;
        }

        Assert.Contains("2999", (await shop.RepliesAsync(Customer, before + 1))[^1], StringComparison.Ordinal);
    }

    /// <summary>A bell as WeCom would ring it, with the server's own keys.</summary>
    private static async Task<HttpResponseMessage> RingAsync(RunningDemo demo)
    {
        var options = demo.Server.Services.GetRequiredService<IOptions<WeChatOptions>>().Value;
        var crypto = new CallbackCrypto(new CallbackKeys(options.Kf.Token, options.Kf.EncodingAesKey, options.CorpId));
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var encrypted = crypto.Encrypt(Encoding.UTF8.GetBytes(
            $"<xml><ToUserName><![CDATA[{options.CorpId}]]></ToUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENCxyz]]></Token><OpenKfId><![CDATA[wkStandInShop000000000000000001]]></OpenKfId></xml>"));
        return await PostAsync(
            demo,
            $"msg_signature={crypto.Sign(now, "nonce", encrypted)}&timestamp={now}&nonce=nonce",
            $"<xml><ToUserName><![CDATA[{options.CorpId}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
    }

    private static Task<HttpResponseMessage> PostAsync(RunningDemo demo, string query, string body) =>
        demo.Http.PostAsync($"/wechat/kf?{query}", new StringContent(body, Encoding.UTF8, "text/xml"));
}
