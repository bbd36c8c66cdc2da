using System.Text.Json;
using static SmartService.StandIn.Tests.RunningStandIn;

namespace SmartService.StandIn.Tests.Platform;

public sealed class SyncApiTests
{
    private static string[] Texts(IEnumerable<JsonElement> messages) =>
        [.. messages.Select(message => message.GetProperty("text").GetProperty("content").GetString()!)];

    private static JsonElement.ArrayEnumerator List(JsonElement page) => page.GetProperty("msg_list").EnumerateArray();

    [Fact]
    public async Task A_customer_message_arrives_with_the_platforms_fields()
    {
        await using var standIn = await StartAsync();
        var id = await standIn.SayAsync("沙发坏了😭");
        var message = List(await standIn.PullAsync()).Single();
        Assert.Equal(id, message.GetProperty("msgid").GetString());
        Assert.Equal((Shop, Lin), (message.GetProperty("open_kfid").GetString(), message.GetProperty("external_userid").GetString()));
        Assert.Equal((3, "text"), (message.GetProperty("origin").GetInt32(), message.GetProperty("msgtype").GetString()));
        Assert.Equal(standIn.Time.GetUtcNow().ToUnixTimeSeconds(), message.GetProperty("send_time").GetInt64());
        Assert.Equal("沙发坏了😭", message.GetProperty("text").GetProperty("content").GetString());
    }

    [Fact]
    public async Task Pages_follow_each_other_and_a_replayed_cursor_gives_the_same_page()
    {
        await using var standIn = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await standIn.SayAsync("第" + i);
        }

        var first = await standIn.PullAsync(limit: 2);
        var cursor = first.GetProperty("next_cursor").GetString()!;
        var second = await standIn.PullAsync(cursor, 2);
        var again = await standIn.PullAsync(cursor, 2);
        Assert.Equal(["第0", "第1"], Texts(List(first)));
        Assert.Equal(["第2", "第3"], Texts(List(second)));
        Assert.Equal(second.GetRawText(), again.GetRawText());
        var last = await standIn.PullAsync(second.GetProperty("next_cursor").GetString()!, 2);
        Assert.Equal((1, 0), (second.GetProperty("has_more").GetInt32(), last.GetProperty("has_more").GetInt32()));
        Assert.Empty(List(await standIn.PullAsync(last.GetProperty("next_cursor").GetString()!)));
    }

    [Fact]
    public async Task Empty_pages_with_more_behind_them_come_now_and_then_and_lose_nothing()
    {
        await using var standIn = await StartAsync(options => (options.EmptyPageEvery, options.SyncCallsPerMinuteWithoutToken) = (2, 1000));
        for (var i = 0; i < 40; i++)
        {
            await standIn.SayAsync(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var (cursor, empties, texts) = ("", 0, new List<string>());
        for (var more = true; more;)
        {
            var page = await standIn.PullAsync(cursor, 2);
            more = page.GetProperty("has_more").GetInt32() == 1;
            empties += more && !List(page).Any() ? 1 : 0;
            texts.AddRange(Texts(List(page)));
            Assert.NotEqual(cursor, page.GetProperty("next_cursor").GetString());
            cursor = page.GetProperty("next_cursor").GetString()!;
        }

        Assert.InRange(empties, 1, 20);
        Assert.Equal(Enumerable.Range(0, 40).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), texts);
    }

    [Fact]
    public async Task Only_the_last_three_days_are_handed_out()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("老的");
        standIn.Time.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(1));
        await standIn.SayAsync("新的");
        Assert.Equal(["新的"], Texts(await standIn.PullAllAsync()));
    }

    [Fact]
    public async Task What_the_api_sent_is_not_handed_out_but_what_a_servicer_typed_is()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("在吗");
        await standIn.SendTextAsync("在的");
        await standIn.PostAsync("control/servicer/message", new { open_kfid = Shop, external_userid = Lin, servicer_userid = "xiaoli", msgtype = "text", text = new { content = "我来了" } });
        var all = await standIn.PullAllAsync();
        Assert.Equal(["在吗", "我来了"], Texts(all));
        Assert.Equal((5, "xiaoli"), (all[1].GetProperty("origin").GetInt32(), all[1].GetProperty("servicer_userid").GetString()));
    }

    [Fact]
    public async Task Each_account_has_its_own_messages()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("一店");
        await standIn.SayAsync("二店", account: Annex);
        Assert.Equal(["二店"], Texts(await standIn.PullAllAsync(account: Annex)));
    }

    [Fact]
    public async Task Without_a_bells_token_the_rate_limit_is_severe_and_ends_with_the_minute()
    {
        await using var standIn = await StartAsync(options => options.SyncCallsPerMinuteWithoutToken = 2);
        Assert.Equal(0, Code(await standIn.PullAsync()));
        Assert.Equal(0, Code(await standIn.PullAsync()));
        Assert.Equal(45009, Code(await standIn.PullAsync()));
        Assert.Equal(0, Code(await standIn.PullAsync(account: Annex)));
        standIn.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Code(await standIn.PullAsync()));
    }

    [Fact]
    public async Task A_wrong_token_is_refused()
    {
        await using var standIn = await StartAsync();
        Assert.Equal(95007, Code(await standIn.PullAsync(token: "ENCnonsense")));
    }

    [Theory]
    [InlineData("""{"cursor":""}""", 40063)]
    [InlineData("""{"open_kfid":"wkNobody"}""", 95000)]
    [InlineData("""{"open_kfid":"wkShop","limit":1001}""", 40035)]
    [InlineData("""{"open_kfid":"wkShop","voice_format":2}""", 40035)]
    [InlineData("""{"open_kfid":"wkShop","cursor":"zz"}""", 40035)]
    [InlineData("""{"open_kfid":"wkShop","cursor":"abcd"}""", 40035)]
    [InlineData("""{"open_kfid":"wkShop","cursor":"00000000000000000000000000000000000000000000000000000000000000000"}""", 40058)]
    [InlineData("""{"open_kfid":"wkShop","cursor":"\u0041"}""", 40033)]
    [InlineData("""[1]""", 47001)]
    [InlineData("""{"open_kfid":""", 47001)]
    public async Task Bad_requests_have_their_codes(string body, int code)
    {
        await using var standIn = await StartAsync();
        Assert.Equal(code, Code(await standIn.CallAsync("kf/sync_msg", body)));
    }

    [Fact]
    public async Task A_cursor_from_before_a_reset_starts_again_from_the_oldest_message()
    {
        await using var standIn = await StartAsync();
        await standIn.SayAsync("一");
        await standIn.SayAsync("二");
        var cursor = (await standIn.PullAsync()).GetProperty("next_cursor").GetString()!;
        await standIn.PostAsync("control/reset", new { });
        await standIn.SayAsync("三");
        Assert.Equal(["三"], Texts(List(await standIn.PullAsync(cursor))));
    }
}
