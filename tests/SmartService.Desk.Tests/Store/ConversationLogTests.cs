using SmartService.Bot.Desk;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Desk.Tests.Store;

public sealed class ConversationLogTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_reply_shows_what_it_rests_on(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        var seq = await store.Seed.SaysAsync(id, "能退吗");
        await store.Seed.BotAnswersAsync(id, seq, "七天内可以", citations: [new Citation("p1", "退货政策", "七天无理由")], state: "Held", error: "95001");

        var page = await store.Log.PageAsync(id, LogCursor.Newest, 50, Stop);

        var reply = Assert.IsType<ReplyEntry>(page.Entries[1]);
        Assert.Equal((ReplyState.Held, "95001", (string?)null), (reply.State, reply.Error, reply.AgentDisplayName));
        var turn = page.Turns[reply.TurnSeq!.Value];
        Assert.Equal("七天无理由", Assert.Single(turn.Citations).Quote);
        Assert.Equal((TurnOutcome.Answered, "退货政策", 0.93, 12d), (turn.Outcome, turn.Intent.Name, turn.Intent.Confidence, turn.Timings.TotalMs));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Paging_up_shows_every_entry_once_in_order(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        await store.Agents().AddAsync("lin", "林晓", "long enough 1", Stop);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Queue, reason: HandoffReason.Requested);
        for (var i = 0; i < 30; i++)
        {
            var seq = await store.Seed.SaysAsync(id, $"问 {i}");
            if (i % 3 == 0)
            {
                await store.Seed.BotAnswersAsync(id, seq, $"答 {i}");
            }
        }

        await store.Desk.TakeAsync(id, "lin", null, Stop);
        await store.Desk.ReplyAsync(id, "lin", "a", "您好", Stop);

        var all = await store.EntriesAsync(id);
        var paged = new List<LogEntry>();
        var cursor = LogCursor.Newest;
        LogPage page;
        do
        {
            page = await store.Log.PageAsync(id, cursor, 7, Stop);
            paged.InsertRange(0, page.Entries);
            cursor = page.Before;
        }
        while (page.HasMore);

        Assert.Equal(42, all.Count);
        Assert.Equal(all.Select(entry => (entry.GetType(), entry.Seq)), paged.Select(entry => (entry.GetType(), entry.Seq)));
        Assert.Equal(all.Count, paged.Distinct().Count());
        Assert.Equal("林晓", Assert.IsType<ReplyEntry>(all[^1]).AgentDisplayName);
        Assert.Equal(DeskEventKind.Taken, Assert.IsType<DeskEventEntry>(all[^2]).Kind);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_row_that_nobody_can_read_does_not_hide_the_others(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        await store.Seed.SaysAsync(id, "before");
        await store.ExecuteAsync("update message set payload = '{\"type\":\"hologram\",\"x\":1}'");
        await store.Seed.SaysAsync(id, "after");

        var entries = await store.EntriesAsync(id);
        Assert.IsType<UnsupportedBody>(Assert.IsType<MessageEntry>(entries[0]).Body);
        Assert.Equal(new TextBody("after"), Assert.IsType<MessageEntry>(entries[1]).Body);
    }

    [Fact]
    public async Task A_conversation_that_does_not_exist_has_no_facts()
    {
        await using var store = await DeskStore.OpenAsync("sqlite");
        Assert.Null(await store.Log.FactsAsync("kf:x:nobody", Stop));
        Assert.Empty(await store.EntriesAsync("kf:x:nobody"));
    }

    [Fact]
    public void Every_kind_of_message_and_reply_has_a_line_of_text()
    {
        Assert.Equal("[图片]", StoredText.Of(new MediaBody(MediaKind.Image, "m")));
        Assert.Equal("[语音]", StoredText.Of(new MediaPart(MediaKind.Voice, "m")));
        Assert.Equal("[位置] 上海", StoredText.Of(new LocationBody(1, 2, "上海", null)));
        Assert.Equal("[链接] 标题", StoredText.Of(new LinkBody("标题", null, null)));
        Assert.Equal("[商品] 沙发 1999", StoredText.Of(new ProductBody("1", "沙发", "1999", null)));
        Assert.Equal("[订单] 42 床垫", StoredText.Of(new OrderBody("42", "床垫", null, null)));
        Assert.Equal("[事件] enter_session", StoredText.Of(new EventBody("enter_session", new Dictionary<string, string>())));
        Assert.Equal("[暂不支持的消息]", StoredText.Of(new UnsupportedBody("x", "y")));
        Assert.Equal("请选择 退货 / 换货", StoredText.Of(new MenuPart("请选择", [new MenuItem("1", "退货"), new MenuItem("2", "换货")])));
        Assert.Equal("[链接] 活动", StoredText.Of(new LinkPart("活动", "", "https://example.com")));
    }
}
