using SmartService.Bot;
using SmartService.Bot.Desk;
using SmartService.Turns;

namespace SmartService.Desk.Tests.Store;

public sealed class TroublesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_message_that_was_set_aside_is_repeated_once(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        var seq = await store.Seed.SaysAsync(id, "会崩溃的话", state: "Dead", error: "crashed");
        await store.ExecuteAsync("update conversation set attempts = 5");
        var woken = 0;
        using var listening = store.Database.Signals.Subscribe(StoreTopics.Turn, _ => Interlocked.Increment(ref woken));

        var dead = Assert.Single(await store.Troubles.DeadMessagesAsync(0, 10, Stop));
        Assert.Equal((seq, "会崩溃的话", "crashed"), (dead.Seq, dead.Text, dead.Error));
        Assert.True((await store.Troubles.RepeatAsync(seq, "lin", Stop)).Succeeded);
        Assert.Equal(DeskOutcome.Gone, (await store.Troubles.RepeatAsync(seq, "wang", Stop)).Outcome);

        Assert.Empty(await store.Troubles.DeadMessagesAsync(0, 10, Stop));
        Assert.Equal(["Waiting"], await store.QueryAsync<string>("select state from message"));
        Assert.Equal([0], await store.QueryAsync<int>("select attempts from conversation where due_at is not null"));
        Assert.Equal(1, woken);
        Assert.Equal(["MessageRepeated"], await store.QueryAsync<string>("select kind from desk_event"));
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_message_that_a_person_dealt_with_is_closed_without_the_bot(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        var seq = await store.Seed.SaysAsync(id, "x", state: "Dead");
        Assert.True((await store.Troubles.CloseAsync(seq, "lin", Stop)).Succeeded);
        Assert.Equal(["Done"], await store.QueryAsync<string>("select state from message"));
        Assert.Empty(await store.QueryAsync<long>("select due_at from conversation where due_at is not null"));
        Assert.Equal(DeskOutcome.Gone, (await store.Troubles.CloseAsync(999, "lin", Stop)).Outcome);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_reply_that_did_not_get_through_is_visible_and_sent_again_under_its_id_or_given_up(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        await store.Seed.BotAnswersAsync(id, 1, "已保留", state: "Held", error: "95001");
        await store.Seed.BotAnswersAsync(id, 2, "失败", state: "Failed");
        await store.Seed.BotAnswersAsync(id, 3, "已送达");
        await store.ExecuteAsync("update conversation set deliver_at = null");

        var undelivered = await store.Troubles.UndeliveredAsync(0, 10, Stop);
        Assert.Equal(["失败", "已保留"], undelivered.Select(reply => reply.Text));
        Assert.Equal([ReplyState.Failed, ReplyState.Held], undelivered.Select(reply => reply.State));
        Assert.True((await store.Troubles.RetryAsync(undelivered[1].Id, "lin", Stop)).Succeeded);
        Assert.True((await store.Troubles.DropAsync(undelivered[0].Id, "lin", Stop)).Succeeded);
        Assert.Equal(DeskOutcome.Gone, (await store.Troubles.RetryAsync(undelivered[0].Id, "lin", Stop)).Outcome);
        Assert.Equal(DeskOutcome.Gone, (await store.Troubles.DropAsync("unknown", "lin", Stop)).Outcome);

        // What was behind a reply that is given up must not sleep on.
        await store.ExecuteAsync("update conversation set deliver_at = null; update reply set state = 'Held' where state = 'Planned'");
        Assert.True((await store.Troubles.DropAsync(undelivered[1].Id, "lin", Stop)).Succeeded);
        Assert.Equal(["Dropped", "Dropped", "Sent"], await store.QueryAsync<string>("select state from reply order by seq"));
        Assert.Single(await store.QueryAsync<long>("select deliver_at from conversation where deliver_at is not null"));
        Assert.Equal(["ReplyRetried", "ReplyDropped", "ReplyDropped"], await store.QueryAsync<string>("select kind from desk_event order by seq"));
    }

    /// <summary>Under the old id the platform would answer that it has it, and the customer would get nothing.</summary>
    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_reply_that_the_platform_accepted_and_did_not_deliver_is_sent_again_under_a_new_id(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var id = await store.Seed.ConversationAsync("wm1");
        await store.Seed.BotAnswersAsync(id, 1, "没送到", state: "Failed");
        await store.Seed.BotAnswersAsync(id, 2, "后半句", state: "Failed", error: Bot.Delivery.StoredReplies.FollowsFailure);
        await store.ExecuteAsync("update reply set platform_id = 'p1', created_at = 1 where turn_seq = 1; update reply set created_at = 1");
        var before = await store.QueryAsync<string>("select id from reply order by seq");

        Assert.True((await store.Troubles.RetryAsync(before[0], "lin", Stop)).Succeeded);
        var after = await store.QueryAsync<string>("select id from reply where state = 'Planned' order by seq");
        Assert.NotEqual(before[0], after[0]);
        Assert.Equal(before[1], after[1]);
    }

    [Theory, ClassData(typeof(StoreKinds))]
    public async Task A_repeated_message_goes_to_the_bot_and_is_refused_while_a_human_has_the_conversation(string kind)
    {
        await using var store = await DeskStore.OpenAsync(kind);
        var failed = await store.Seed.ConversationAsync("wm1", ConversationOwner.Queue, reason: HandoffReason.TurnFailed);
        var asked = await store.Seed.ConversationAsync("wm2", ConversationOwner.Queue, reason: HandoffReason.Requested);
        var taken = await store.Seed.ConversationAsync("wm3", ConversationOwner.Agent, agent: "wang", reason: HandoffReason.TurnFailed);
        var native = await store.Seed.ConversationAsync("wm4", ConversationOwner.Native);
        Assert.True((await RepeatAsync(failed)).Succeeded);
        Assert.True((await RepeatAsync(asked)).Succeeded);
        Assert.Equal(new DeskResult(DeskOutcome.OwnedByColleague, "wang"), await RepeatAsync(taken));
        Assert.Equal(DeskOutcome.OwnedInPlatform, (await RepeatAsync(native)).Outcome);
        Assert.Equal(["Bot", "Queue", "Agent", "Native"], await store.QueryAsync<string>("select owner from conversation order by customer"));
        Assert.Equal(["Waiting", "Waiting", "Dead", "Dead"], await store.QueryAsync<string>("select state from message order by seq"));

        async Task<DeskResult> RepeatAsync(string id) =>
            await store.Troubles.RepeatAsync(await store.Seed.SaysAsync(id, "x", state: "Dead"), "lin", Stop);
    }
}
