using SmartService.Bot;
using SmartService.Bot.Desk;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Desk.Tests.Store;

public sealed class ConversationDeskTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Of_two_agents_who_take_at_once_one_wins_and_the_other_is_told_by_whom(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        for (var round = 0; round < 10; round++)
        {
            var id = await store.Seed.ConversationAsync($"wm{round}", ConversationOwner.Queue, reason: HandoffReason.Requested);
            var results = await Task.WhenAll(
                Task.Run(() => store.Desk.TakeAsync(id, "lin", null, Stop)), Task.Run(() => store.Desk.TakeAsync(id, "wang", null, Stop)));
            var facts = await store.Log.FactsAsync(id, Stop);
            var loser = Assert.Single(results, result => !result.Succeeded);
            Assert.Equal(DeskOutcome.OwnedByColleague, loser.Outcome);
            Assert.Equal(facts!.Agent, loser.Who);
            Assert.Equal(ConversationOwner.Agent, facts.Owner);
        }
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Taking_drops_what_the_bot_had_not_sent_and_keeps_notices(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        var seq = await store.Seed.SaysAsync(id, "在吗");
        await store.Seed.BotAnswersAsync(id, seq, "还没发出的回答", state: "Planned");
        await store.Database.WriteAsync(
            async scope =>
            {
                await Bot.Delivery.ReplyOutbox.PlanAsync(scope, id, null, Bot.Delivery.ReplyOutbox.SystemAuthor, "notice", [new TextPart("正在转接")]);
                return 0;
            },
            Stop);

        Assert.True((await store.Desk.TakeAsync(id, "lin", null, Stop)).Succeeded);

        Assert.Equal(["Dropped", "Planned"], await store.QueryAsync<string>("select state from reply order by seq"));
        var facts = await store.Log.FactsAsync(id, Stop);
        Assert.Equal(HandoffReason.TakenOver, facts!.HandoffReason);
        Assert.NotNull(facts.HandedOffAt);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_reply_takes_the_conversation_and_a_double_click_sends_it_once(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Queue, reason: HandoffReason.Requested, unread: 3);
        await store.Drafts.SaveAsync(id, "lin", "您好", Stop);
        var signals = new List<string>();
        using var listening = store.Database.Signals.Subscribe(StoreTopics.Deliver, signals.Add);

        var both = await Task.WhenAll(
            Task.Run(() => store.Desk.ReplyAsync(id, "lin", "click-1", "  您好\n请稍等 ", Stop)), Task.Run(() => store.Desk.ReplyAsync(id, "lin", "click-1", "您好\n请稍等", Stop)));

        Assert.All(both, result => Assert.True(result.Succeeded));
        var reply = Assert.Single((await store.EntriesAsync(id)).OfType<ReplyEntry>());
        Assert.Equal(new TextPart("您好\n请稍等"), reply.Part);
        Assert.Equal("agent:lin", reply.Author);
        Assert.Equal(ReplyState.Planned, reply.State);
        var facts = await store.Log.FactsAsync(id, Stop);
        Assert.Equal(("lin", 0), (facts!.Agent, facts.Unread));
        Assert.Equal("", await store.Drafts.LoadAsync(id, "lin", Stop));
        Assert.Equal(["Taken", "Replied"], await store.QueryAsync<string>("select kind from desk_event order by seq"));
        Assert.Single(signals);
        Assert.Single(await store.QueryAsync<long>("select deliver_at from conversation where deliver_at is not null"));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_reply_that_is_refused_does_not_take_the_conversation(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", budgetUsed: 2);
        await store.Seed.BotAnswersAsync(id, 1, "机器人的话", state: "Planned");

        var tooLong = await store.Desk.ReplyAsync(id, "lin", "a", new string('长', 301), Stop);
        Assert.Equal((DeskOutcome.TooLong, 3), (tooLong.Outcome, tooLong.Allowed));
        Assert.Equal(["Bot"], await store.QueryAsync<string>("select owner from conversation"));
        Assert.Equal(["Planned"], await store.QueryAsync<string>("select state from reply"));
        Assert.Empty(await store.QueryAsync<string>("select kind from desk_event"));

        Assert.True((await store.Desk.ReplyAsync(id, "lin", "b", new string('长', 300), Stop)).Succeeded);
        Assert.Equal(["Dropped", "Planned", "Planned", "Planned"], await store.QueryAsync<string>("select state from reply order by seq"));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_long_reply_is_split_and_counted_and_refused_when_it_needs_more_than_is_left(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "lin", HandoffReason.Requested, budgetUsed: 2);

        var tooLong = await store.Desk.ReplyAsync(id, "lin", "a", new string('长', 301), Stop);
        var fits = await store.Desk.ReplyAsync(id, "lin", "b", new string('长', 300), Stop);

        Assert.Equal((DeskOutcome.TooLong, 3), (tooLong.Outcome, tooLong.Allowed));
        Assert.Equal((DeskOutcome.Done, 3, false), (fits.Outcome, fits.Parts, fits.Held));
        Assert.Equal(0, (await store.Log.FactsAsync(id, Stop))!.Allowance!.Left);
        var later = await store.Desk.ReplyAsync(id, "lin", "c", "再说一句", Stop);
        Assert.True(later is { Succeeded: true, Held: true });
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_closed_window_is_shown_and_the_reply_waits(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "lin", HandoffReason.Requested, minutesAgo: 48 * 60);
        var facts = await store.Log.FactsAsync(id, Stop);
        Assert.False(facts!.Allowance!.IsOpen(facts.NowMs));
        Assert.True(await store.Desk.ReplyAsync(id, "lin", "a", "抱歉让您久等", Stop) is { Succeeded: true, Held: true });
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Giving_back_lets_the_bot_start_afresh_and_tells_the_customer(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "lin", HandoffReason.RepeatedFailure);

        Assert.Equal(DeskOutcome.OwnedByColleague, (await store.Desk.GiveBackAsync(id, "wang", null, Stop)).Outcome);
        var result = await store.Desk.GiveBackAsync(id, "lin", "已登记催单", Stop);
        var again = await store.Desk.GiveBackAsync(id, "lin", null, Stop);

        Assert.True(result is { Succeeded: true, CustomerTold: true });
        Assert.Equal(DeskOutcome.OwnedByBot, again.Outcome);
        var facts = await store.Log.FactsAsync(id, Stop);
        Assert.Equal((ConversationOwner.Bot, null, null), (facts!.Owner, facts.Agent, facts.HandoffReason));
        Assert.Equal(["{\"declines\":0}"], await store.QueryAsync<string>("select dialogue from conversation"));
        var entries = await store.EntriesAsync(id);
        Assert.Equal("已登记催单", Assert.Single(entries.OfType<DeskEventEntry>()).Detail);
        var notice = Assert.Single(entries.OfType<ReplyEntry>());
        Assert.Equal("system", notice.Author);
        Assert.Contains("智能助手", ((TextPart)notice.Part).Text, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Giving_back_with_no_allowance_left_tells_nobody(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "lin", HandoffReason.Requested, budgetUsed: 5);
        Assert.True(await store.Desk.GiveBackAsync(id, "lin", null, Stop) is { Succeeded: true, CustomerTold: false });
        Assert.Empty((await store.EntriesAsync(id)).OfType<ReplyEntry>());
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_conversation_is_passed_on_to_a_colleague_who_exists(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var agents = store.Agents();
        await agents.AddAsync("wang", "王磊", "long enough 1", Stop);
        await agents.AddAsync("gone", "离职", "long enough 1", Stop);
        await agents.DisableAsync("gone", Stop);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "lin", HandoffReason.Requested);

        Assert.Equal(DeskOutcome.NoColleague, (await store.Desk.TransferAsync(id, "lin", "gone", Stop)).Outcome);
        Assert.Equal(DeskOutcome.NoColleague, (await store.Desk.TransferAsync(id, "lin", "nobody", Stop)).Outcome);
        Assert.True((await store.Desk.TransferAsync(id, "lin", "wang", Stop)).Succeeded);
        Assert.Equal("王磊", (await store.Log.FactsAsync(id, Stop))!.AgentDisplayName);
        Assert.Equal(DeskOutcome.OwnedByColleague, (await store.Desk.ReplyAsync(id, "lin", "late", "我再说一句", Stop)).Outcome);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_colleagues_conversation_is_taken_only_from_the_one_who_has_it(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Agent, "wang", HandoffReason.Requested);
        Assert.Equal("wang", (await store.Desk.TakeAsync(id, "lin", "chen", Stop)).Who);
        Assert.True((await store.Desk.TakeAsync(id, "lin", "wang", Stop)).Succeeded);
        Assert.Equal(["TakenFromColleague"], await store.QueryAsync<string>("select kind from desk_event"));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task What_cannot_be_done_is_said_and_changes_nothing(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var native = await store.Seed.ConversationAsync("wm1", ConversationOwner.Native);
        var foreign = await store.Seed.ConversationAsync("wm2", ConversationOwner.Queue, channel: "oa");
        var waiting = await store.Seed.ConversationAsync("wm3", ConversationOwner.Queue);

        Assert.Equal(DeskOutcome.OwnedInPlatform, (await store.Desk.TakeAsync(native, "lin", null, Stop)).Outcome);
        Assert.Equal(DeskOutcome.OwnedInPlatform, (await store.Desk.GiveBackAsync(native, "lin", null, Stop)).Outcome);
        Assert.Equal(DeskOutcome.NoChannel, (await store.Desk.ReplyAsync(foreign, "lin", "a", "您好", Stop)).Outcome);
        Assert.Equal(DeskOutcome.Empty, (await store.Desk.ReplyAsync(waiting, "lin", "a", " \n ", Stop)).Outcome);
        Assert.Equal(DeskOutcome.Gone, (await store.Desk.TakeAsync("kf:x:nobody", "lin", null, Stop)).Outcome);
        Assert.Equal(DeskOutcome.Gone, (await store.Desk.GiveBackAsync(waiting, "lin", null, Stop)).Outcome);
        Assert.Empty(await store.QueryAsync<string>("select kind from desk_event"));
        Assert.Empty(await store.QueryAsync<string>("select id from reply"));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Reading_clears_the_badge_once_and_every_act_is_signalled(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1", ConversationOwner.Queue, reason: HandoffReason.Requested, unread: 2);
        var signals = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listening = store.Database.Signals.Subscribe(StoreTopics.Conversation, signals.Enqueue);

        await store.Desk.MarkReadAsync(id, Stop);
        await store.Desk.MarkReadAsync(id, Stop);
        Assert.Equal(0, (await store.Log.FactsAsync(id, Stop))!.Unread);
        Assert.Equal([id], signals);
        await store.Desk.TakeAsync(id, "lin", null, Stop);
        Assert.Equal([id, id], signals);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task Drafts_belong_to_one_agent_and_an_empty_one_is_no_draft(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        await store.Drafts.SaveAsync("c", "lin", "一", Stop);
        await store.Drafts.SaveAsync("c", "lin", "一二", Stop);
        Assert.Equal("一二", await store.Drafts.LoadAsync("c", "lin", Stop));
        Assert.Equal("", await store.Drafts.LoadAsync("c", "wang", Stop));
        await store.Drafts.SaveAsync("c", "lin", "", Stop);
        Assert.Empty(await store.QueryAsync<string>("select text from draft"));
    }
}
