using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartService.Channels.WeChat.Kf;
using SmartService.Messages;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Tests.Kf;

public sealed class KfChannelTests
{
    private const string Ok = """{"errcode":0,"errmsg":"ok","msgid":"reply-1"}""";
    private const string WrongState = """{"errcode":95018,"errmsg":"invalid session status"}""";
    private readonly FakeWeCom _weCom = new();

    [Fact]
    public async Task A_text_is_sent_raw_with_its_reply_id_as_msgid()
    {
        _weCom.Answer("kf/send_msg", Ok);
        var result = await Send(new TextPart("您好　😀“引号”\n<b>"));

        Assert.Equal(SendResult.Sent("reply-1"), result);
        Assert.Equal(
            """{"touser":"wm0012","open_kfid":"wk1","msgid":"reply-1","msgtype":"text","text":{"content":"您好　😀“引号”\n<b>"}}""",
            Assert.Single(_weCom.Bodies("kf/send_msg")));
        Assert.Equal("application/json; charset=utf-8", _weCom.Calls[^1].ContentType);
        Assert.Equal("?access_token=token-1", _weCom.Calls[^1].Query);
    }

    [Fact]
    public async Task Menus_links_and_media_have_their_documented_shapes()
    {
        _weCom.Answer("kf/send_msg", Ok);
        await Send(new MenuPart("还需要什么？", [new("agent", "转人工"), new("x", "看说明", "https://example.com/a")], "谢谢"));
        await Send(new LinkPart("标题", "描述", "https://example.com", "thumb"));
        await Send(new LinkPart("标题", "", "https://example.com"));
        await Send(new MediaPart(MediaKind.Image, "m1"));
        await Send(new MediaPart(MediaKind.Voice, "m2"));
        await Send(new MediaPart(MediaKind.Video, "m3"));
        await Send(new MediaPart(MediaKind.File, "m4"));

        Assert.Equal(
            [
                """msgtype":"msgmenu","msgmenu":{"head_content":"还需要什么？","list":[{"type":"click","click":{"id":"agent","content":"转人工"}},{"type":"view","view":{"url":"https://example.com/a","content":"看说明"}}],"tail_content":"谢谢"}}""",
                """msgtype":"link","link":{"title":"标题","desc":"描述","url":"https://example.com","thumb_media_id":"thumb"}}""",
                """msgtype":"text","text":{"content":"标题\nhttps://example.com"}}""",
                """msgtype":"image","image":{"media_id":"m1"}}""",
                """msgtype":"voice","voice":{"media_id":"m2"}}""",
                """msgtype":"video","video":{"media_id":"m3"}}""",
                """msgtype":"file","file":{"media_id":"m4"}}""",
            ],
            _weCom.Bodies("kf/send_msg").Select(body => body[body.IndexOf("msgtype", StringComparison.Ordinal)..]));
    }

    [Theory]
    [InlineData(-1, SendStatus.Retry)]
    [InlineData(45009, SendStatus.Retry)]
    [InlineData(45033, SendStatus.Retry)]
    [InlineData(95001, SendStatus.Held)]
    [InlineData(95002, SendStatus.Held)]
    [InlineData(95013, SendStatus.Held)]
    [InlineData(95031, SendStatus.Held)]
    [InlineData(40201, SendStatus.Refused)]
    [InlineData(40096, SendStatus.Refused)]
    [InlineData(45002, SendStatus.Refused)]
    [InlineData(48007, SendStatus.Refused)]
    [InlineData(60020, SendStatus.Refused)]
    [InlineData(95000, SendStatus.Refused)]
    [InlineData(99999, SendStatus.Refused)]
    public async Task Every_code_has_its_class(int code, SendStatus status)
    {
        _weCom.Answer("kf/send_msg", $$"""{"errcode":{{code}},"errmsg":"hint: [1], from ip: 1.2.3.4"}""");
        var result = await Send(new TextPart("您好"));

        Assert.Equal(status, result.Status);
        Assert.Equal(code, result.Code);
        Assert.NotEmpty(result.Error!);
        Assert.Equal(status == SendStatus.Retry, result.RetryAfter is not null);
        Assert.Equal(1, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task A_rate_limit_waits_at_least_its_minute()
    {
        _weCom.Answer("kf/send_msg", """{"errcode":45009}""");
        Assert.InRange((await Send(new TextPart("您好"))).RetryAfter!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData("msgid duplicated")]
    [InlineData("invalid msgid: already exists, hint: [1]")]
    [InlineData("repeated msgid")]
    [InlineData("msgid 重复")]
    public async Task A_repeated_msgid_means_that_it_was_sent(string words)
    {
        _weCom.Answer("kf/send_msg", $$"""{"errcode":95999,"errmsg":"{{words}}"}""");
        Assert.Equal(SendResult.Sent("reply-1"), await Send(new TextPart("您好")));
    }

    [Theory]
    [InlineData("invalid msgid")]
    [InlineData("user does not exist")]
    public async Task Other_words_do_not(string words)
    {
        _weCom.Answer("kf/send_msg", $$"""{"errcode":40003,"errmsg":"{{words}}"}""");
        Assert.Equal(SendStatus.Refused, (await Send(new TextPart("您好"))).Status);
    }

    [Theory]
    [InlineData(3, SendStatus.OwnedByHuman)]
    [InlineData(2, SendStatus.OwnedByHuman)]
    [InlineData(4, SendStatus.Held)]
    [InlineData(1, SendStatus.Held)]
    public async Task A_wrong_state_is_read_before_anything_is_said(int state, SendStatus status)
    {
        _weCom.Answer("kf/send_msg", WrongState).Answer("kf/service_state/get", $$"""{"errcode":0,"service_state":{{state}},"servicer_userid":"zhangsan"}""");
        var result = await Send(new TextPart("您好"));
        Assert.Equal((status, 95018), (result.Status, result.Code));
        Assert.Equal("""{"open_kfid":"wk1","external_userid":"wm0012"}""", Assert.Single(_weCom.Bodies("kf/service_state/get")));
        Assert.Equal(1, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task An_untreated_session_is_claimed_and_the_reply_sent_once_more()
    {
        _weCom.Answer("kf/send_msg", WrongState, Ok)
            .Answer("kf/service_state/get", """{"errcode":0,"service_state":0}""")
            .Answer("kf/service_state/trans", """{"errcode":0}""");
        Assert.Equal(SendStatus.Sent, (await Send(new TextPart("您好"))).Status);
        Assert.Equal("""{"open_kfid":"wk1","external_userid":"wm0012","service_state":1}""", Assert.Single(_weCom.Bodies("kf/service_state/trans")));
        Assert.Equal(2, _weCom.Bodies("kf/send_msg").Count(body => body.Contains("reply-1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("""{"errcode":0}""", SendStatus.Held, 95018, 2)]
    [InlineData("""{"errcode":95016}""", SendStatus.Retry, 95016, 1)]
    public async Task Claiming_in_vain_does_not_loop(string claimed, SendStatus status, int code, int sends)
    {
        _weCom.Answer("kf/send_msg", WrongState)
            .Answer("kf/service_state/get", """{"errcode":0,"service_state":0}""")
            .Answer("kf/service_state/trans", claimed);
        var result = await Send(new TextPart("您好"));
        Assert.Equal((status, code), (result.Status, result.Code));
        Assert.Equal(sends, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task A_failing_state_call_is_judged_by_its_own_code()
    {
        _weCom.Answer("kf/send_msg", WrongState).Answer("kf/service_state/get", """{"errcode":-1}""");
        Assert.Equal(SendStatus.Retry, (await Send(new TextPart("您好"))).Status);
    }

    [Theory]
    [InlineData(40014)]
    [InlineData(42001)]
    [InlineData(41001)]
    public async Task A_dead_token_is_renewed_once_and_the_call_repeated_once(int code)
    {
        _weCom.Answer("gettoken", """{"errcode":0,"access_token":"one","expires_in":7200}""", """{"errcode":0,"access_token":"two","expires_in":7200}""")
            .Answer("kf/send_msg", $$"""{"errcode":{{code}}}""", Ok);
        Assert.Equal(SendStatus.Sent, (await Send(new TextPart("您好"))).Status);
        Assert.Equal(["?access_token=one", "?access_token=two"], _weCom.Calls.Where(call => call.Path.EndsWith("send_msg", StringComparison.Ordinal)).Select(call => call.Query));
    }

    [Fact]
    public async Task A_token_that_stays_dead_is_not_renewed_for_ever()
    {
        _weCom.Answer("kf/send_msg", """{"errcode":40014}""");
        Assert.Equal(SendStatus.Retry, (await Send(new TextPart("您好"))).Status);
        Assert.Equal(2, _weCom.Count("kf/send_msg"));
        Assert.Equal(2, _weCom.Count("gettoken"));
    }

    [Fact]
    public async Task A_wrong_secret_refuses_the_reply_without_sending_it()
    {
        _weCom.Answer("gettoken", """{"errcode":40001}""").Answer("kf/send_msg", Ok);
        var result = await Send(new TextPart("您好"));
        Assert.Equal((SendStatus.Refused, 40001), (result.Status, result.Code));
        Assert.Equal(0, _weCom.Count("kf/send_msg"));
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task An_http_error_is_repeated_later_but_not_at_once(HttpStatusCode status)
    {
        _weCom.Then("kf/send_msg", _ => Task.FromResult(FakeWeCom.Json("oops", status)));
        var result = await Send(new TextPart("您好"));
        Assert.Equal(SendStatus.Retry, result.Status);
        Assert.NotNull(result.RetryAfter);
        Assert.Equal(1, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task A_connection_that_fails_is_tried_once_more_at_once()
    {
        _weCom.Then("kf/send_msg", _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"), _ => Task.FromResult(FakeWeCom.Json(Ok)));
        Assert.Equal(SendStatus.Sent, (await Send(new TextPart("您好"))).Status);
        Assert.Equal(2, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task A_connection_that_breaks_after_sending_is_left_to_the_outbox()
    {
        _weCom.Then("kf/send_msg", _ => throw new HttpRequestException(HttpRequestError.ResponseEnded, "broke off"));
        Assert.Equal(SendStatus.Retry, (await Send(new TextPart("您好"))).Status);
        Assert.Equal(1, _weCom.Count("kf/send_msg"));
    }

    [Fact]
    public async Task A_timeout_is_a_retry_and_a_cancellation_is_a_cancellation()
    {
        _weCom.Then("kf/send_msg", _ => throw new TaskCanceledException("timeout", new TimeoutException()));
        Assert.Equal(SendStatus.Retry, (await Send(new TextPart("您好"))).Status);

        using var stop = new CancellationTokenSource();
        var hanging = new FakeWeCom().Then("kf/send_msg", async cancelled =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancelled);
            return FakeWeCom.Json(Ok);
        });
        await using var host = hanging.Host();
        var channel = host.GetRequiredService<IChannel>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => channel.SendAsync(new("reply-1", "wk1", "wm0012", new TextPart("您好")), stop.Token));
    }

    [Fact]
    public async Task Event_replies_use_their_code_once()
    {
        _weCom.Answer("kf/send_msg_on_event", Ok, """{"errcode":41050}""");
        await using var host = _weCom.Host();
        var sessions = host.GetRequiredService<KfSessions>();

        Assert.Equal(SendStatus.Sent, (await sessions.SendEventReplyAsync("code-1", "reply-1", new TextPart("欢迎"), TestContext.Current.CancellationToken)).Status);
        Assert.Equal(SendStatus.Refused, (await sessions.SendEventReplyAsync("code-1", "reply-1", new MenuPart("欢迎", [new("a", "b")]), TestContext.Current.CancellationToken)).Status);
        Assert.Equal(SendStatus.Refused, (await sessions.SendEventReplyAsync("code-1", "reply-1", new MediaPart(MediaKind.Image, "m"), TestContext.Current.CancellationToken)).Status);
        Assert.Equal("""{"code":"code-1","msgid":"reply-1","msgtype":"text","text":{"content":"欢迎"}}""", _weCom.Bodies("kf/send_msg_on_event").First());
        Assert.Equal(2, _weCom.Count("kf/send_msg_on_event"));
    }

    [Fact]
    public async Task Sessions_are_read_and_moved()
    {
        _weCom.Answer("kf/service_state/get", """{"errcode":0,"service_state":3,"servicer_userid":"00zhang"}""", """{"errcode":95004}""")
            .Answer("kf/service_state/trans", """{"errcode":0,"msg_code":"code-2"}""", """{"errcode":95019}""");
        await using var host = _weCom.Host();
        var sessions = host.GetRequiredService<KfSessions>();
        var stop = TestContext.Current.CancellationToken;

        Assert.Equal(new KfSession(KfSessionState.Servicer, "00zhang"), await sessions.GetStateAsync("wk1", "wm1", stop));
        Assert.Equal(95004, (await Assert.ThrowsAsync<ChannelException>(() => sessions.GetStateAsync("wk1", "wm1", stop))).Code);
        Assert.Equal("code-2", await sessions.TransferAsync("wk1", "wm1", KfSessionState.Servicer, "00zhang", stop));
        Assert.Equal(95019, (await Assert.ThrowsAsync<ChannelException>(() => sessions.TransferAsync("wk1", "wm1", KfSessionState.Servicer, "00zhang", stop))).Code);
        await Assert.ThrowsAsync<ArgumentException>(() => sessions.TransferAsync("wk1", "wm1", KfSessionState.Servicer, null, stop));
        Assert.Equal("""{"open_kfid":"wk1","external_userid":"wm1","service_state":3,"servicer_userid":"00zhang"}""", _weCom.Bodies("kf/service_state/trans").First());
    }

    [Fact]
    public async Task The_budget_is_five_messages_in_just_under_48_hours()
    {
        await using var host = _weCom.Host();
        var channel = host.GetRequiredService<IChannel>();
        Assert.Equal("kf", channel.Name);
        Assert.Equal(new SendBudget(5, new TimeSpan(47, 55, 0)), channel.Budget);
    }

    private async Task<SendResult> Send(ReplyPart part)
    {
        await using var host = _weCom.Host();
        return await host.GetRequiredService<IChannel>().SendAsync(new OutboundPart("reply-1", "wk1", "wm0012", part), TestContext.Current.CancellationToken);
    }
}
