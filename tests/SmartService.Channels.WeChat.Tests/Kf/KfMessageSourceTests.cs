using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Kf;
using SmartService.Messages;

namespace SmartService.Channels.WeChat.Tests.Kf;

public sealed class KfMessageSourceTests
{
    private readonly FakeWeCom _weCom = new();
    private readonly LogLines _log = new();

    [Fact]
    public async Task A_page_is_pulled_by_cursor_and_token()
    {
        _weCom.Answer("kf/sync_msg", Page("""{"msgid":"m1","open_kfid":"wk1","external_userid":"wm007","send_time":1790000000,"origin":3,"msgtype":"text","text":{"content":"你好","menu_id":"agent"}}"""));
        var page = await Pull("cursor-0", "ENC1");

        Assert.Equal("""{"open_kfid":"wk1","cursor":"cursor-0","token":"ENC1","limit":1000,"voice_format":0}""", Assert.Single(_weCom.Bodies("kf/sync_msg")));
        Assert.Equal(("cursor-1", false), (page.NextCursor, page.HasMore));
        var message = Assert.Single(page.Messages);
        Assert.Equal(
            new InboundMessage
            {
                Channel = "kf",
                Account = "wk1",
                Customer = "wm007",
                MessageId = "m1",
                SentAt = DateTimeOffset.FromUnixTimeSeconds(1790000000),
                Origin = MessageOrigin.Customer,
                Body = new TextBody("你好", "agent"),
            },
            message);
    }

    [Fact]
    public async Task The_first_pull_sends_neither_cursor_nor_token()
    {
        _weCom.Answer("kf/sync_msg", Page());
        await Pull("", null);
        Assert.Equal("""{"open_kfid":"wk1","limit":1000,"voice_format":0}""", Assert.Single(_weCom.Bodies("kf/sync_msg")));
    }

    [Theory]
    [InlineData("""{"errcode":0,"next_cursor":"c1","has_more":1,"msg_list":[]}""", "c1", true)]
    [InlineData("""{"errcode":0,"next_cursor":"c1","has_more":1}""", "c1", true)]
    [InlineData("""{"errcode":0,"has_more":0,"msg_list":[]}""", "c0", false)]
    [InlineData("""{"errcode":0,"next_cursor":"","has_more":0,"msg_list":[]}""", "c0", false)]
    public async Task An_empty_page_does_not_end_a_pull_and_no_page_loses_the_cursor(string answer, string cursor, bool more)
    {
        _weCom.Answer("kf/sync_msg", answer);
        var page = await Pull("c0", null);
        Assert.Empty(page.Messages);
        Assert.Equal((cursor, more), (page.NextCursor, page.HasMore));
    }

    [Fact]
    public async Task A_page_that_promises_more_without_progress_is_believed_slowly()
    {
        _weCom.Answer("kf/sync_msg", """{"errcode":0,"next_cursor":"c0","has_more":1,"msg_list":[]}""");
        var began = TimeProvider.System.GetTimestamp();
        var page = await Pull("c0", null);
        Assert.True(page.HasMore);
        Assert.True(TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMilliseconds(150));
    }

    [Fact]
    public async Task A_stale_bell_token_is_dropped_and_the_pull_repeated_without()
    {
        _weCom.Answer("kf/sync_msg", """{"errcode":95007}""", Page());
        Assert.Empty((await Pull("c0", "ENC-old")).Messages);
        Assert.Equal([true, false], _weCom.Bodies("kf/sync_msg").Select(body => body.Contains("ENC-old", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(45009, false)]
    [InlineData(95007, false)]
    [InlineData(12345, false)]
    [InlineData(95000, true)]
    [InlineData(48007, true)]
    public async Task A_refusal_says_when_to_try_again(int code, bool permanent)
    {
        _weCom.Answer("kf/sync_msg", $$"""{"errcode":{{code}},"errmsg":"x"}""");
        var refused = await Assert.ThrowsAsync<ChannelException>(() => Pull("c0", null));
        Assert.Equal((code, permanent), (refused.Code, refused.Permanent));
        Assert.NotNull(refused.RetryAfter);
    }

    [Fact]
    public async Task An_untrusted_address_is_named()
    {
        _weCom.Answer("kf/sync_msg", """{"errcode":60020,"errmsg":"not allow to access from your ip, hint: [1790000000123456], from ip: 203.0.113.9, more info"}""");
        Assert.Contains("203.0.113.9", (await Assert.ThrowsAsync<ChannelException>(() => Pull("c0", null))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"msgtype":"image","image":{"media_id":"x"}}""", """{"type":"media","kind":"Image","mediaId":"x"}""")]
    [InlineData("""{"msgtype":"voice","voice":{"media_id":"x"}}""", """{"type":"media","kind":"Voice","mediaId":"x"}""")]
    [InlineData("""{"msgtype":"video","video":{"media_id":"x"}}""", """{"type":"media","kind":"Video","mediaId":"x"}""")]
    [InlineData("""{"msgtype":"file","file":{"media_id":"x"}}""", """{"type":"media","kind":"File","mediaId":"x"}""")]
    [InlineData("""{"msgtype":"location","location":{"latitude":23.1,"longitude":"113.3","name":"店","address":"路"}}""", """{"type":"location","latitude":23.1,"longitude":113.3,"name":"店","address":"路"}""")]
    [InlineData("""{"msgtype":"link","link":{"title":"t","desc":"d","url":"https://a","pic_url":"p"}}""", """{"type":"link","title":"t","description":"d","url":"https://a"}""")]
    [InlineData("""{"msgtype":"miniprogram","miniprogram":{"appid":"wx","title":"t","pagepath":"p","thumb_media_id":"m"}}""", """{"type":"link","title":"t","description":"p"}""")]
    [InlineData("""{"msgtype":"channels","channels":{"sub_type":1,"nickname":"n","title":"t"}}""", """{"type":"link","title":"t","description":"n"}""")]
    [InlineData("""{"msgtype":"channels_shop_product","channels_shop_product":{"product_id":"00123","head_img":"h","title":"沙发","sales_price":"1299","shop_nickname":"店"}}""", """{"type":"product","productId":"00123","title":"沙发","price":"1299","shop":"店"}""")]
    [InlineData("""{"msgtype":"channels_shop_order","channels_shop_order":{"order_id":"00456","product_titles":"沙发等1件","price_wording":"1299元","state":"待发货"}}""", """{"type":"order","orderId":"00456","products":"沙发等1件","price":"1299元","state":"待发货"}""")]
    [InlineData("""{"msgtype":"msgmenu","msgmenu":{"head_content":"h","list":[{"type":"click","click":{"id":"1","content":"a"}},{"type":"text","text":{"content":"b"}}],"tail_content":"t"}}""", """{"type":"text","text":"h\na\nb\nt"}""")]
    [InlineData("""{"msgtype":"merged_msg","merged_msg":{"title":"聊天记录","item":[{"sender_name":"甲","msgtype":"text","msg_content":"{\"text\":{\"content\":\"坏了\"}}"},{"sender_name":"乙","msgtype":"image","msg_content":"oops"}]}}""", """{"type":"text","text":"聊天记录\n甲：坏了\n乙：[image]"}""")]
    [InlineData("""{"msgtype":"text","text":{"content":""}}""", """{"type":"text","text":""}""")]
    public async Task Every_documented_kind_is_understood(string message, string body) =>
        Assert.Equal(body, JsonSerializer.Serialize(Assert.Single((await PullOne(message)).Messages).Body, SmartServiceJson.Stored.MessageBody));

    [Theory]
    [InlineData("""{"msgtype":"business_card","business_card":{"userid":"u"}}""", "business_card")]
    [InlineData("""{"msgtype":"hologram","hologram":{"depth":3}}""", "hologram")]
    [InlineData("""{"msgtype":"text"}""", "text")]
    [InlineData("""{"msgtype":"text","text":"plain"}""", "text")]
    [InlineData("""{"msgtype":"text","text":{"content":"\ud800"}}""", "text")]
    [InlineData("""{"msgtype":"image","image":{}}""", "image")]
    [InlineData("""{"msgtype":"location","location":{"latitude":"north","longitude":1}}""", "location")]
    [InlineData("""{"msgtype":7}""", "7")]
    [InlineData("""{"other":1}""", "unknown")]
    public async Task Whatever_is_not_understood_is_kept_as_it_came(string message, string kind)
    {
        var body = Assert.IsType<UnsupportedBody>(Assert.Single((await PullOne(message)).Messages).Body);
        Assert.Equal(kind, body.Kind);
        Assert.Contains(message[1..^1], body.Raw, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_is_attributed_by_its_inner_fields()
    {
        _weCom.Answer("kf/sync_msg", Page("""{"msgid":"e1","send_time":1790000001,"origin":4,"msgtype":"event","event":{"event_type":"enter_session","open_kfid":"wk2","external_userid":"wm8","scene":"s","scene_param":"p","welcome_code":"wc","wechat_channels":{"nickname":"n","scene":1}}}"""));
        var message = Assert.Single((await Pull("", null)).Messages);

        Assert.Equal(("wk2", "wm8", MessageOrigin.System), (message.Account, message.Customer, message.Origin));
        var body = Assert.IsType<EventBody>(message.Body);
        Assert.Equal("enter_session", body.Kind);
        Assert.Equal(
            new Dictionary<string, string> { ["scene"] = "s", ["scene_param"] = "p", ["welcome_code"] = "wc", ["wechat_channels.nickname"] = "n", ["wechat_channels.scene"] = "1" },
            body.Fields);
    }

    [Theory]
    [InlineData("""{"event_type":"msg_send_fail","open_kfid":"wk1","external_userid":"wm1","fail_msgid":"f","fail_type":4}""", "fail_type", "4")]
    [InlineData("""{"event_type":"session_status_change","open_kfid":"wk1","external_userid":"wm1","change_type":3,"msg_code":"mc","old_servicer_userid":"o"}""", "msg_code", "mc")]
    [InlineData("""{"event_type":"user_recall_msg","open_kfid":"wk1","external_userid":"wm1","recall_msgid":"r"}""", "recall_msgid", "r")]
    [InlineData("""{"event_type":"servicer_recall_msg","open_kfid":"wk1","external_userid":"wm1","recall_msgid":"r","servicer_userid":"01"}""", "servicer_userid", "01")]
    [InlineData("""{"event_type":"reject_customer_msg_switch_change","open_kfid":"wk1","external_userid":"wm1","servicer_userid":"u","reject_switch":1}""", "reject_switch", "1")]
    [InlineData("""{"event_type":"something_new","open_kfid":"wk1","external_userid":"wm1","x":"y"}""", "x", "y")]
    public async Task Events_keep_their_fields(string inner, string field, string value)
    {
        var page = await PullOne($$"""{"msgtype":"event","event":{{inner}}}""");
        Assert.Equal(value, Assert.IsType<EventBody>(Assert.Single(page.Messages).Body).Fields[field]);
    }

    [Fact]
    public async Task Elements_without_a_customer_are_left_out_and_do_not_stop_the_page()
    {
        _weCom.Answer("kf/sync_msg", Page(
            """{"msgid":"a","msgtype":"event","origin":4,"event":{"event_type":"servicer_status_change","servicer_userid":"u","status":1,"open_kfid":"wk1"}}""",
            """{"msgid":"b","msgtype":"text","origin":3,"text":{"content":"谁"}}""",
            "3",
            "null",
            """{"msgid":"c","external_userid":"wm1","origin":5,"msgtype":"text","text":{"content":"我来"}}"""));
        var message = Assert.Single((await Pull("", null)).Messages);

        Assert.Equal(("c", "wk1", MessageOrigin.Servicer), (message.MessageId, message.Account, message.Origin));
        Assert.Single(_log.All, line => line.StartsWith("Debug: Event servicer_status_change", StringComparison.Ordinal));
        Assert.Contains(_log.All, line => line.StartsWith("Warning: A message of kind text names no customer", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.All, line => line.Contains('谁', StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_without_an_id_gets_one_from_its_content()
    {
        const string Message = """{"external_userid":"wm1","origin":3,"msgtype":"text","send_time":"1790000000","text":{"content":"a"}}""";
        _weCom.Answer("kf/sync_msg", Page(Message, Message, Message.Replace("\"a\"", "\"b\"", StringComparison.Ordinal)));
        var ids = (await Pull("", null)).Messages.Select(message => message.MessageId).ToArray();
        Assert.Equal(ids[0], ids[1]);
        Assert.NotEqual(ids[0], ids[2]);
        Assert.StartsWith("sha-", ids[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("99999999999999999")]
    [InlineData("-5")]
    [InlineData("\"soon\"")]
    public async Task A_strange_time_does_not_break_the_page(string time) =>
        Assert.Single((await PullOne($$"""{"msgtype":"text","text":{"content":"a"},"send_time":{{time}}}""")).Messages);

    private Task<MessagePage> PullOne(string message)
    {
        _weCom.Answer("kf/sync_msg", Page($$"""{"msgid":"m1","external_userid":"wm1","origin":3,{{message[1..]}}"""));
        return Pull("", null);
    }

    private async Task<MessagePage> Pull(string cursor, string? token)
    {
        await using var host = _weCom.Host(TimeProvider.System, services => services.AddLogging(log => log.SetMinimumLevel(LogLevel.Trace).AddProvider(_log.Provider())));
        var source = host.GetRequiredService<IMessageSource>();
        Assert.Equal("kf", source.Channel);
        return await source.PullAsync(new PullRequest("wk1", cursor, token), TestContext.Current.CancellationToken);
    }

    private static string Page(params string[] messages) =>
        $$"""{"errcode":0,"errmsg":"ok","next_cursor":"cursor-1","has_more":0,"msg_list":[{{string.Join(',', messages)}}]}""";
}
