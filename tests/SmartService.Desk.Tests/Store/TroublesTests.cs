using SmartService.Bot;
using SmartService.Bot.Desk;

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

        Assert.Equal(["Planned", "Dropped", "Sent"], await store.QueryAsync<string>("select state from reply order by seq"));
        Assert.Single(await store.QueryAsync<long>("select deliver_at from conversation where deliver_at is not null"));
        Assert.Equal(["ReplyRetried", "ReplyDropped"], await store.QueryAsync<string>("select kind from desk_event order by seq"));
    }
}
