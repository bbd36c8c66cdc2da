using System.Net;
using System.Text;
using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Control;

public sealed class ControlTests
{
    [Fact]
    public async Task A_batch_of_2000_messages_keeps_the_order_of_each_customer()
    {
        await using var standIn = await StartAsync(options => (options.EmptyPageEvery, options.SyncCallsPerMinuteWithoutToken) = (5, 1000));
        var batch = Enumerable.Range(0, 2000).Select(i => new { open_kfid = Shop, external_userid = "wm" + i % 200, msgtype = "text", text = new { content = "第" + i } });
        var answer = await standIn.PostAsync("control/messages", batch);
        Assert.Equal(2000, answer.GetProperty("accepted").GetInt32());
        var pulled = await standIn.PullAllAsync(limit: 300);
        Assert.Equal(answer.GetProperty("msgids").EnumerateArray().Select(id => id.GetString()), pulled.Select(message => message.GetProperty("msgid").GetString()));
        foreach (var customer in pulled.GroupBy(message => message.GetProperty("external_userid").GetString()))
        {
            var numbers = customer.Select(message => int.Parse(message.GetProperty("text").GetProperty("content").GetString()![1..], System.Globalization.CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(10, numbers.Count);
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public async Task A_batch_with_one_bad_message_is_refused_whole()
    {
        await using var standIn = await StartAsync();
        var good = new { open_kfid = Shop, external_userid = Lin, msgtype = "text", text = new { content = "好" } };
        foreach (var bad in (object[])[good with { external_userid = "a b" }, good with { open_kfid = "wkNobody" }, good with { msgtype = "image" }])
        {
            Assert.True((await standIn.PostAsync("control/messages", new[] { good, bad })).TryGetProperty("error", out _));
        }

        Assert.True((await standIn.PostAsync("control/messages", good)).TryGetProperty("error", out _));
        Assert.Empty(await standIn.PullAllAsync());
    }

    [Theory]
    [InlineData("""{"open_kfid":"wkShop","msgtype":"text","text":{"content":"\ud83d"}}""")]
    [InlineData("""{"open_kfid":"wkShop","msgtype":"event","event":{}}""")]
    [InlineData("""{"open_kfid":"wkShop","msgtype":"text"}""")]
    [InlineData("""{"msgtype":"text","text":{"content":"好"}}""")]
    [InlineData("not json")]
    public async Task A_message_that_makes_no_sense_is_a_bad_request(string body)
    {
        await using var standIn = await StartAsync();
        var response = await standIn.Http.PostAsync($"control/customers/{Lin}/messages", Json(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Empty(await standIn.PullAllAsync());
    }

    [Fact]
    public async Task Escaped_text_reaches_the_server_as_raw_utf8()
    {
        await using var standIn = await StartAsync();
        await standIn.PostAsync($"control/customers/{Lin}/messages", """{"open_kfid":"wkShop","msgtype":"text","text":{"content":"\u6c99\u53d1\ud83d\ude2d"}}""");
        Assert.Contains("\"沙发😭\"", (await standIn.PullAsync()).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_transcript_holds_both_directions()
    {
        await using var standIn = await StartAsync();
        var id = await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("在", "reply-1");
        await standIn.PostAsync("control/servicer/message", new { open_kfid = Shop, external_userid = Lin, msgtype = "text", text = new { content = "我来" } });
        var all = (await standIn.GetAsync($"control/customers/{Lin}/messages")).GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(["in customer " + id, "out bot reply-1"], all.Take(2).Select(entry => $"{entry.GetProperty("direction")} {entry.GetProperty("from")} {entry.GetProperty("msgid")}"));
        Assert.Equal(("servicer", "我来"), (all[2].GetProperty("from").GetString(), all[2].GetProperty("payload").GetProperty("content").GetString()));
        var later = (await standIn.GetAsync($"control/customers/{Lin}/messages?after=2")).GetProperty("messages").EnumerateArray().ToList();
        Assert.Equal(3, Assert.Single(later).GetProperty("seq").GetInt64());
    }

    [Fact]
    public async Task A_customer_can_recall_what_he_wrote_and_nothing_else()
    {
        await using var standIn = await StartAsync();
        var id = await standIn.SayAsync("说错了");
        await standIn.SayAsync("别人的", customer: "wmWang");
        await standIn.PostAsync($"control/customers/{Lin}/recall", new { open_kfid = Shop, msgid = id });
        var recall = (await standIn.PullAllAsync()).Last().GetProperty("event");
        Assert.Equal(("user_recall_msg", id), (recall.GetProperty("event_type").GetString(), recall.GetProperty("recall_msgid").GetString()));
        Assert.True((await standIn.PostAsync($"control/customers/wmWang/recall", new { open_kfid = Shop, msgid = id })).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_picture_becomes_an_image_message_that_page_and_api_can_fetch()
    {
        await using var standIn = await StartAsync();
        var png = Platform.MediaStoreTests.Png;
        var sent = await standIn.PostAsync($"control/customers/{Lin}/media?open_kfid={Shop}", new ByteArrayContent(png));
        var message = (await standIn.PullAllAsync()).Single();
        var id = message.GetProperty("image").GetProperty("media_id").GetString();
        Assert.Equal(sent.GetProperty("media_id").GetString(), id);
        Assert.Equal(png, await standIn.Http.GetByteArrayAsync($"cgi-bin/media/get?access_token={await standIn.AccessTokenAsync()}&media_id={id}"));
        var shown = await standIn.Http.GetAsync("control/media/" + id);
        Assert.Equal((png.Length, "nosniff"), ((await shown.Content.ReadAsByteArrayAsync()).Length, shown.Headers.GetValues("X-Content-Type-Options").Single()));
        Assert.Equal(HttpStatusCode.NotFound, (await standIn.Http.GetAsync("control/media/nonsense")).StatusCode);
        Assert.True((await standIn.PostAsync($"control/customers/{Lin}/media?open_kfid={Shop}", new ByteArrayContent("GIF89a.."u8.ToArray()))).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task The_ledger_lists_messages_and_accepted_sends_in_order()
    {
        await using var standIn = await StartAsync();
        var id = await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("");
        standIn.Time.Advance(TimeSpan.FromMilliseconds(250));
        await standIn.SendTextAsync("在", "reply-1");
        var lines = (await standIn.Http.GetStringAsync("control/ledger")).TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal([$"1 customer_message {id}", "2 send reply-1"], lines.Select(line => $"{line.GetProperty("n")} {line.GetProperty("kind")} {line.GetProperty("msgid")}"));
        Assert.Equal(250, lines[1].GetProperty("mono_ms").GetDouble() - lines[0].GetProperty("mono_ms").GetDouble());
        Assert.Equal("在", lines[1].GetProperty("text").GetProperty("content").GetString());
    }

    [Fact]
    public async Task The_report_measures_from_the_last_message_to_the_first_reply()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在");
        standIn.Time.Advance(TimeSpan.FromMilliseconds(500));
        await standIn.SayAsync("吗");
        standIn.Time.Advance(TimeSpan.FromMilliseconds(120));
        await standIn.SendTextAsync("在");
        await standIn.SendTextAsync("请说");
        await standIn.SayAsync("没人", customer: "wmWang");
        var report = await standIn.ReportAsync();
        var replies = report.GetProperty("replies");
        Assert.Equal((1, 1, 120.0, 120.0), (replies.GetProperty("count").GetInt32(), replies.GetProperty("unanswered").GetInt32(), replies.GetProperty("p50_ms").GetDouble(), replies.GetProperty("p99_ms").GetDouble()));
        Assert.Equal((3, 2, 2), (report.GetProperty("customer_messages").GetInt32(), report.GetProperty("customers").GetInt32(), report.GetProperty("sends").GetInt32()));
    }

    [Fact]
    public async Task An_injected_error_happens_as_often_as_asked_and_does_nothing()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.FaultAsync(new { errcode = -1, api = "send_msg", count = 2 });
        Assert.Equal((-1, -1, 0), (Code(await standIn.SendTextAsync("一")), Code(await standIn.SendTextAsync("一")), Code(await standIn.SendTextAsync("一"))));
        var report = await standIn.ReportAsync();
        Assert.Equal((1, 0, 2), (report.GetProperty("sends").GetInt32(), report.GetProperty("illegal_sends").GetInt32(), report.GetProperty("injected_faults").GetInt32()));
    }

    [Fact]
    public async Task A_fault_without_end_lasts_until_it_is_cleared_and_concerns_only_its_api()
    {
        await using var standIn = await StartAsync();
        await standIn.FaultAsync(new { errcode = 45009, api = "kf/account/list", count = -1 });
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(45009, Code(await standIn.CallAsync("kf/account/list", new { })));
        }

        Assert.Equal(0, Code(await standIn.PullAsync()));
        Assert.Equal(1, (await standIn.GetAsync("control/faults")).GetProperty("faults").GetArrayLength());
        await standIn.Http.DeleteAsync("control/faults");
        Assert.Equal(0, Code(await standIn.CallAsync("kf/account/list", new { })));
    }

    [Fact]
    public async Task A_dropped_answer_means_that_the_send_happened_and_its_repeat_is_a_duplicate()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.FaultAsync(new { drop = "answer", api = "send_msg" });
        await Assert.ThrowsAsync<HttpRequestException>(() => standIn.SendTextAsync("在", "reply-1"));
        Assert.Equal(standIn.Options.DuplicateMsgIdCode, Code(await standIn.SendTextAsync("在", "reply-1")));
        Assert.Equal(1, (await standIn.ReportAsync()).GetProperty("sends").GetInt32());
    }

    [Fact]
    public async Task A_dropped_request_means_that_nothing_happened()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.FaultAsync(new { drop = "request", api = "send_msg" });
        await Assert.ThrowsAsync<HttpRequestException>(() => standIn.SendTextAsync("在", "reply-1"));
        Assert.Equal(0, Code(await standIn.SendTextAsync("在", "reply-1")));
    }

    [Fact]
    public async Task Latency_holds_the_answer_back()
    {
        await using var standIn = await StartAsync();
        await standIn.AccessTokenAsync();
        await standIn.FaultAsync(new { latency_ms = 800, api = "account/list" });
        var call = standIn.CallAsync("kf/account/list", new { });
        for (var i = 0; i < 600 && (await standIn.ReportAsync()).GetProperty("injected_faults").GetInt32() == 0; i++)
        {
            await Task.Delay(10);
        }

        Assert.False(call.IsCompleted);
        // The wait may begin a moment after it was counted.
        for (var i = 0; i < 600 && !call.IsCompleted; i++)
        {
            standIn.Time.Advance(TimeSpan.FromMilliseconds(800));
            await Task.Delay(10);
        }

        Assert.Equal(0, Code(await call));
    }

    [Fact]
    public async Task A_fault_that_is_none_is_a_bad_request()
    {
        await using var standIn = await StartAsync();
        Assert.True((await standIn.FaultAsync(new { drop = "everything" })).TryGetProperty("error", out _));
        Assert.True((await standIn.PostAsync($"control/customers/{Lin}/state", new { open_kfid = Shop, service_state = 7 })).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task A_reset_forgets_everything_but_the_credentials()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("在", "reply-1");
        await standIn.FaultAsync(new { errcode = -1, count = -1 });
        await standIn.PostAsync("control/reset", new { });
        Assert.Empty(await standIn.PullAllAsync());
        Assert.Empty(await standIn.Http.GetStringAsync("control/ledger"));
        var report = await standIn.ReportAsync();
        Assert.Equal((0, 0, 0), (report.GetProperty("customers").GetInt32(), report.GetProperty("customer_messages").GetInt32(), report.GetProperty("replies").GetProperty("unanswered").GetInt32()));
        await standIn.SayAsync("在吗");
        Assert.Equal(0, Code(await standIn.SendTextAsync("在", "reply-1")));
    }

    [Fact]
    public async Task Only_this_machine_may_drive_it_while_the_platforms_api_stays_open()
    {
        await using var standIn = await StartAsync(caller: IPAddress.Parse("192.0.2.7"));
        Assert.Equal(HttpStatusCode.Forbidden, (await standIn.Http.GetAsync("control/report")).StatusCode);
        Assert.Equal(41002, Code(await standIn.GetAsync("cgi-bin/gettoken")));
    }

    [Fact]
    public async Task Remote_callers_can_be_allowed()
    {
        await using var standIn = await StartAsync(options => options.AllowRemoteControl = true, IPAddress.Parse("192.0.2.7"));
        Assert.Equal(HttpStatusCode.OK, (await standIn.Http.GetAsync("control/report")).StatusCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task A_foreign_page_in_a_local_browser_may_not_drive_it(string header, string value)
    {
        await using var standIn = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "control/reset");
        request.Headers.TryAddWithoutValidation(header, value);
        Assert.Equal(HttpStatusCode.Forbidden, (await standIn.Http.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_form_post_is_not_taken_for_json()
    {
        await using var standIn = await StartAsync();
        var response = await standIn.Http.PostAsync($"control/customers/{Lin}/messages", new StringContent("{}", Encoding.UTF8, "text/plain"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }
}
