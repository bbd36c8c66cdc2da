using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class SendApiTests
{
    [Fact]
    public async Task A_text_of_2048_bytes_passes_and_one_more_is_too_long()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        var longest = new string('好', 682) + "ab";
        Assert.Equal(0, Code(await standIn.SendTextAsync(longest)));
        Assert.Equal(45002, Code(await standIn.SendTextAsync(longest + "c")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n")]
    public async Task An_empty_text_is_refused(string text)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(44004, Code(await standIn.SendTextAsync(text)));
    }

    [Fact]
    public async Task The_sixth_message_is_refused_until_the_customer_writes_again()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(0, Code(await standIn.SendTextAsync("答" + i)));
        }

        Assert.Equal(95001, Code(await standIn.SendTextAsync("第六条")));
        await standIn.SayAsync("还在吗");
        Assert.Equal(0, Code(await standIn.SendTextAsync("在")));
    }

    [Fact]
    public async Task After_48_hours_nothing_may_be_sent()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        standIn.Time.Advance(TimeSpan.FromHours(48));
        Assert.Equal(0, Code(await standIn.SendTextAsync("赶上了")));
        standIn.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(95002, Code(await standIn.SendTextAsync("太晚了")));
    }

    [Fact]
    public async Task The_window_counts_from_the_send_time_that_was_given()
    {
        await using var standIn = await StartAsync();
        var old = standIn.Time.GetUtcNow().AddHours(-49).ToUnixTimeSeconds();
        await standIn.PostAsync($"control/customers/{Lin}/messages", new { open_kfid = Shop, msgtype = "text", text = new { content = "在吗" }, send_time = old });
        Assert.Equal(95002, Code(await standIn.SendTextAsync("太晚了")));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task In_the_pool_and_with_a_human_the_api_may_not_send(int state)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("转人工");
        await standIn.ForceAsync(state);
        Assert.Equal(95018, Code(await standIn.SendTextAsync("我还在")));
    }

    [Fact]
    public async Task An_ended_session_refuses_until_the_next_customer_message()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.ForceAsync(4);
        Assert.Equal(95013, Code(await standIn.SendTextAsync("还有什么可以帮您")));
        await standIn.SayAsync("还有个问题");
        Assert.Equal(0, await standIn.StateAsync());
        Assert.Equal(0, Code(await standIn.SendTextAsync("请说")));
    }

    [Fact]
    public async Task Sending_makes_an_untreated_session_the_assistants()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(0, await standIn.StateAsync());
        await standIn.SendTextAsync("在");
        Assert.Equal(1, await standIn.StateAsync());
    }

    [Fact]
    public async Task A_customer_never_seen_and_an_unknown_account_are_refused()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(40096, Code(await standIn.SendTextAsync("您好", customer: "wmNobody")));
        Assert.Equal(40096, Code(await standIn.SendTextAsync("您好", account: Annex)));
        Assert.Equal(95000, Code(await standIn.SendTextAsync("您好", account: "wkNobody")));
        Assert.Equal(40063, Code(await standIn.CallAsync("kf/send_msg", new { msgtype = "text", text = new { content = "您好" } })));
    }

    [Fact]
    public async Task Escaped_characters_are_refused_but_an_escaped_backslash_is_not()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        var body = """{"touser":"wmLin","open_kfid":"wkShop","msgtype":"text","text":{"content":"CONTENT"}}""";
        Assert.Equal(40033, Code(await standIn.CallAsync("kf/send_msg", body.Replace("CONTENT", "\\u4f60\\u597d", StringComparison.Ordinal))));
        Assert.Equal(0, Code(await standIn.CallAsync("kf/send_msg", body.Replace("CONTENT", "C:\\\\users", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task The_same_msgid_is_accepted_once_per_account()
    {
        await using var standIn = await StartAsync(options => options.DuplicateMsgIdCode = 95099);
        await standIn.SayAsync("在吗");
        await standIn.SayAsync("在吗", account: Annex);
        Assert.Equal("turn-1_0", (await standIn.SendTextAsync("在", "turn-1_0")).GetProperty("msgid").GetString());
        var repeat = await standIn.SendTextAsync("在", "turn-1_0");
        Assert.Equal(95099, Code(repeat));
        Assert.StartsWith("msgid already exists", repeat.GetProperty("errmsg").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, Code(await standIn.SendTextAsync("在", "turn-1_0", account: Annex)));
        var report = await standIn.ReportAsync();
        Assert.Equal((1, 0, 2), (report.GetProperty("duplicate_msgids").GetInt32(), report.GetProperty("illegal_sends").GetInt32(), report.GetProperty("sends").GetInt32()));
    }

    [Theory]
    [InlineData("with space", 40035)]
    [InlineData("中文", 40035)]
    [InlineData("012345678901234567890123456789012", 40058)]
    [InlineData("01234567890123456789012345678901", 0)]
    public async Task A_msgid_has_32_of_its_characters_at_most(string msgid, int code)
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(code, Code(await standIn.SendTextAsync("在", msgid)));
    }

    [Fact]
    public async Task An_unknown_or_missing_type_is_refused()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        Assert.Equal(40008, Code(await standIn.SendAsync("markdown", new { content = "**好**" })));
        Assert.Equal(40063, Code(await standIn.CallAsync("kf/send_msg", new { touser = Lin, open_kfid = Shop })));
        Assert.Equal(40063, Code(await standIn.CallAsync("kf/send_msg", new { touser = Lin, open_kfid = Shop, msgtype = "text" })));
    }

    [Fact]
    public async Task Refused_sends_are_counted_by_code()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("");
        await standIn.SendTextAsync("");
        await standIn.ForceAsync(2);
        await standIn.SendTextAsync("在");
        var report = await standIn.ReportAsync();
        Assert.Equal(3, report.GetProperty("illegal_sends").GetInt32());
        Assert.Equal("""{"44004":2,"95018":1}""", report.GetProperty("illegal_sends_by_code").GetRawText());
    }

    [Fact]
    public async Task A_send_that_was_accepted_can_turn_out_to_be_undelivered()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.FaultAsync(new { msg_send_fail = 10, count = 1 });
        Assert.Equal(0, Code(await standIn.SendTextAsync("在", "reply-1")));
        Assert.Equal(0, Code(await standIn.SendTextAsync("在的", "reply-2")));
        var happened = (await standIn.PullAllAsync()).Single(message => message.GetProperty("msgtype").GetString() == "event").GetProperty("event");
        Assert.Equal(("msg_send_fail", "reply-1", 10), (happened.GetProperty("event_type").GetString(), happened.GetProperty("fail_msgid").GetString(), happened.GetProperty("fail_type").GetInt32()));
    }

    [Fact]
    public async Task A_sent_message_can_be_failed_by_hand_but_only_one_that_was_sent()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("在", "reply-1");
        await standIn.PostAsync($"control/customers/{Lin}/fail", new { open_kfid = Shop, msgid = "reply-1", fail_type = 5 });
        Assert.True((await standIn.PostAsync($"control/customers/{Lin}/fail", new { open_kfid = Shop, msgid = "reply-2" })).TryGetProperty("error", out _));
        Assert.Equal(1, (await standIn.ReportAsync()).GetProperty("send_failures").GetInt32());
    }
}
