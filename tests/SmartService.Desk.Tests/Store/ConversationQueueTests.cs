using SmartService.Bot.Desk;
using SmartService.Turns;

namespace SmartService.Desk.Tests.Store;

public sealed class ConversationQueueTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Who_waits_longest_is_first_then_mine_then_colleagues_then_trouble_then_recent(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        await store.Seed.ConversationAsync("recent-old", minutesAgo: 50);
        await store.Seed.ConversationAsync("recent-new", minutesAgo: 1);
        var held = await store.Seed.ConversationAsync("trouble", minutesAgo: 60);
        await store.Seed.BotAnswersAsync(held, 1, "没送到", state: "Held");
        await store.Seed.ConversationAsync("native", ConversationOwner.Native, minutesAgo: 7);
        await store.Seed.ConversationAsync("colleague", ConversationOwner.Agent, "wang", HandoffReason.Requested, minutesAgo: 6);
        await store.Seed.ConversationAsync("mine", ConversationOwner.Agent, "lin", HandoffReason.Requested, minutesAgo: 30);
        await store.Seed.ConversationAsync("waits-short", ConversationOwner.Queue, reason: HandoffReason.Policy, minutesAgo: 2);
        await store.Seed.ConversationAsync("waits-long", ConversationOwner.Queue, reason: HandoffReason.Requested, minutesAgo: 9);

        var page = await store.Queue.ListAsync("lin", 0, 50, Stop);

        Assert.Equal(
            ["waits-long", "waits-short", "mine", "colleague", "native", "trouble", "recent-new", "recent-old"], page.Entries.Select(entry => entry.Customer));
        Assert.Equal(
            [QueueSection.Waiting, QueueSection.Waiting, QueueSection.Mine, QueueSection.Colleagues, QueueSection.Colleagues, QueueSection.Trouble, QueueSection.Recent, QueueSection.Recent],
            page.Entries.Select(entry => entry.Section));
        Assert.True(page.Entries[5].InTrouble);
        Assert.False(page.HasMore);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Pages_follow_each_other_without_gap_or_repeat(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        for (var i = 0; i < 25; i++)
        {
            await store.Seed.ConversationAsync($"c{i:00}", i % 3 == 0 ? ConversationOwner.Queue : ConversationOwner.Bot, reason: i % 3 == 0 ? HandoffReason.Requested : null, minutesAgo: i);
        }

        var all = (await store.Queue.ListAsync("lin", 0, 100, Stop)).Entries.Select(entry => entry.Id).ToList();
        var paged = new List<string>();
        QueuePage page;
        do
        {
            page = await store.Queue.ListAsync("lin", paged.Count, 10, Stop);
            paged.AddRange(page.Entries.Select(entry => entry.Id));
        }
        while (page.HasMore);

        Assert.Equal(25, all.Count);
        Assert.Equal(all, paged);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Search_finds_customers_and_words_and_takes_wildcards_literally(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var first = await store.Seed.ConversationAsync("wmABC_1");
        var seq = await store.Seed.SaysAsync(first, "沙发打折 100% 吗");
        await store.Seed.BotAnswersAsync(first, seq, "现在没有活动，Sofa 系列除外");
        var second = await store.Seed.ConversationAsync("wmABCx1");
        await store.Seed.SaysAsync(second, "床垫 \"硬\" 吗");

        Assert.Equal([first], await FindAsync("打折"));
        Assert.Equal([first], await FindAsync("sofa"));
        Assert.Equal([first], await FindAsync("wmabc_"));
        Assert.Equal([first], await FindAsync("100%"));
        Assert.Equal([second], await FindAsync("\"硬\""));
        Assert.Empty(await FindAsync("type"));
        Assert.Equal(2, (await FindAsync("wmabc")).Count);

        async Task<List<string>> FindAsync(string text) =>
            [.. (await store.Queue.SearchAsync("lin", text, 0, 50, Stop)).Entries.Select(entry => entry.Id)];
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_character_that_the_store_refuses_does_not_end_the_search(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var odd = await store.Seed.ConversationAsync("wm1");
        await store.Seed.SaysAsync(odd, "a\0b sofa");
        var other = await store.Seed.ConversationAsync("wm2");
        await store.Seed.SaysAsync(other, "another sofa");

        Assert.Equal([odd, other], (await store.Queue.SearchAsync("lin", "so\0fa", 0, 50, Stop)).Entries.Select(entry => entry.Id).Order(StringComparer.Ordinal));
        Assert.Equal(2, (await store.Queue.ListAsync("lin", 0, 50, Stop)).Entries.Count);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Counts_are_of_what_waits_for_people(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        await store.Seed.ConversationAsync("a", ConversationOwner.Queue, reason: HandoffReason.Requested, unread: 5);
        await store.Seed.ConversationAsync("b", ConversationOwner.Agent, "lin", HandoffReason.Requested, unread: 1);
        await store.Seed.ConversationAsync("c", ConversationOwner.Agent, "wang", HandoffReason.Requested, unread: 1);
        var bot = await store.Seed.ConversationAsync("d", unread: 1);
        await store.Seed.SaysAsync(bot, "x", state: "Dead");
        await store.Seed.BotAnswersAsync(bot, 1, "y", state: "Unknown");

        var counts = await store.Queue.CountAsync("lin", Stop);
        Assert.Equal((1, 1, 1, 1, 2), (counts.Waiting, counts.Unread, counts.DeadMessages, counts.Undelivered, counts.Troubles));
    }
}
