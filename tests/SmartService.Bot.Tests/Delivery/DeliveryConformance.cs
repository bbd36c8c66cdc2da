using Dapper;
using SmartService.Bot.Delivery;
using SmartService.Bot.Tests.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing.Stores;
using SmartService.Turns;
using static SmartService.Testing.Turns.ScriptedTurnHandler;

namespace SmartService.Bot.Tests.Delivery;

public abstract class DeliveryConformance : StoreConformance
{
    [Fact]
    public async Task The_sixth_message_is_held_and_sent_when_the_customer_returns()
    {
        await AnswerAsync("c1", "1", "2", "3", "4");
        await AgentSaysAsync("c1", "5", "6", "7");
        await Rig.SendAsync();
        Assert.Equal(["1", "2", "3", "4", "5"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Sent", "Sent", "Sent", "Sent", "Sent", "Held", "Planned"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(0, await Rig.SendAsync());

        Clock.Advance(TimeSpan.FromSeconds(10));
        await Rig.AcceptAsync(Rig.Text("c1", "还在吗"));
        await Rig.SendAsync();
        Assert.Equal(["6", "7"], Rig.Sends.TextsTo("c1").Skip(5));
        Assert.Equal(2, (await Rig.ConversationAsync("c1")).BudgetUsed);
    }

    [Fact]
    public async Task A_reply_sent_just_before_the_customers_message_counts_against_it()
    {
        await AnswerAsync("c1", "1", "2", "3");
        await Rig.SendAsync();
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Rig.AcceptAsync(Rig.Text("c1", "嗯"));
        Assert.Equal(3, (await Rig.ConversationAsync("c1")).BudgetUsed);
    }

    [Fact]
    public async Task A_reply_sent_before_an_earlier_pull_does_not_count_against_a_message_that_the_pull_did_not_bring()
    {
        await AnswerAsync("c1", "1", "2", "3");
        await Rig.SendAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(300));
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(300));
        await PlanAsync("c1", "agent:li", "4", key: "a4");
        await Rig.SendAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(300));

        await Rig.AcceptAsync(Rig.Text("c1", "好的"));

        Assert.Equal(1, (await Rig.ConversationAsync("c1")).BudgetUsed);
    }

    [Fact]
    public async Task An_older_message_that_arrives_late_does_not_refill_the_allowance()
    {
        var late = Rig.Text("c1", "迟到的");
        Clock.Advance(TimeSpan.FromMinutes(1));
        await AnswerAsync("c1", "1", "2");
        await Rig.SendAsync();
        var window = (await Rig.ConversationAsync("c1")).WindowFrom;
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Rig.AcceptAsync(late);
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((2, window), (conversation.BudgetUsed, conversation.WindowFrom));
    }

    [Fact]
    public async Task Nothing_is_sent_after_the_window()
    {
        await AnswerAsync("c1", "1");
        Clock.Advance(TimeSpan.FromHours(48));
        await Rig.SendAsync();
        Assert.Empty(Rig.Sends.Sent);
        Assert.Equal(["Held"], await Rig.ReplyStatesAsync("c1"));
        Assert.Contains("window", await ErrorAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_part_takes_the_rest_of_its_reply_with_it_and_later_replies_go()
    {
        Answer(part => part.Part is TextPart { Text: "2" } ? new SendResult(SendStatus.Refused, Code: 40201, Error: "content refused") : null);
        await AnswerAsync("c1", "1", "2", "3");
        await Rig.SendAsync();
        Assert.Equal(["Sent", "Failed", "Failed"], await Rig.ReplyStatesAsync("c1"));
        await AnswerAsync("c1", "4");
        await Rig.SendAsync();
        Assert.Equal(["1", "4"], Rig.Sends.TextsTo("c1"));

        Rig.Sends.Respond = null;
        var refused = await SeqOfAsync(2);
        Assert.True(await Rig.Get<StoredReplies>().RetryReplyAsync(refused));
        await Rig.SendAsync();
        Assert.Equal(["1", "4", "2", "3"], Rig.Sends.TextsTo("c1"));
        Assert.False(await Rig.Get<StoredReplies>().RetryReplyAsync(refused));
    }

    [Fact]
    public async Task A_busy_platform_is_asked_again_with_the_same_key_and_later_each_time()
    {
        var keys = new List<string>();
        Answer(part =>
        {
            keys.Add(part.ReplyId);
            return keys.Count < 3 ? new SendResult(SendStatus.Retry, Code: -1, Error: "busy") : null;
        });
        await AnswerAsync("c1", "1", "2");
        await Rig.SendAsync();
        Assert.Equal(0, await Rig.SendAsync());
        Clock.Advance(TimeSpan.FromSeconds(1.3));
        Assert.Equal(1, await Rig.SendAsync());
        Clock.Advance(TimeSpan.FromSeconds(1.3));
        Assert.Equal(0, await Rig.SendAsync());
        Clock.Advance(TimeSpan.FromSeconds(1.2));
        Assert.Equal(1, await Rig.SendAsync());
        Assert.Equal(["1", "2"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(4, keys.Count);
        Assert.Single(keys.Take(3).Distinct());
    }

    [Fact]
    public async Task The_platforms_own_pause_is_respected()
    {
        Answer(_ => new SendResult(SendStatus.Retry, Code: 45009, RetryAfter: TimeSpan.FromSeconds(60)));
        await AnswerAsync("c1", "1");
        await Rig.SendAsync();
        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, await Rig.SendAsync());
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, await Rig.SendAsync());
    }

    [Fact]
    public async Task Retries_end_in_a_visible_failure()
    {
        Answer(_ => new SendResult(SendStatus.Retry, Error: "busy"));
        await AnswerAsync("c1", "1");
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(1, await Rig.SendAsync());
            Clock.Advance(TimeSpan.FromMinutes(7));
        }

        Assert.Equal(0, await Rig.SendAsync());
        Assert.Equal(["Failed"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal("busy", await ErrorAsync());
    }

    [Fact]
    public async Task A_call_without_answer_is_repeated()
    {
        Rig.Sends.Respond = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return null;
        };
        await AnswerAsync("c1", "1");
        var sending = Rig.SendAsync();
        while (!sending.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        Rig.Sends.Respond = null;
        Clock.Advance(TimeSpan.FromSeconds(2));
        await Rig.SendAsync();
        Assert.Equal(["1"], Rig.Sends.TextsTo("c1"));
    }

    [Theory]
    [InlineData(false, "Sending", "no route")]
    [InlineData(true, "Failed", "no route")]
    public async Task A_channel_that_throws_is_tried_again_unless_it_never_helps(bool permanent, string state, string error)
    {
        Rig.Sends.Respond = (_, _) => throw new ChannelException("no route") { Permanent = permanent };
        await AnswerAsync("c1", "1");
        await Rig.SendAsync();
        Assert.Equal([state], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(error, await ErrorAsync());
    }

    [Fact]
    public async Task A_bug_in_a_channel_does_not_tell_what_the_customer_wrote()
    {
        Rig.Sends.Respond = (_, _) => throw new FormatException("张三的电话");
        await AnswerAsync("c1", "1");
        await Rig.SendAsync();
        Assert.Equal("FormatException while sending.", await ErrorAsync());
    }

    [Fact]
    public async Task What_the_platform_holds_stops_everything_until_the_customer_writes()
    {
        var calls = 0;
        Answer(_ =>
        {
            calls++;
            return new SendResult(SendStatus.Held, Code: 95001, Error: "over five");
        });
        await AnswerAsync("c1", "1", "2");
        await Rig.SendAsync();
        await AgentSaysAsync("c1", "3");
        await Rig.SendAsync();
        Assert.Equal(1, calls);
        Assert.Equal(["Held", "Planned", "Planned"], await Rig.ReplyStatesAsync("c1"));
        Rig.Sends.Respond = null;
        Clock.Advance(TimeSpan.FromSeconds(10));
        await Rig.AcceptAsync(Rig.Text("c1", "在吗"));
        await Rig.SendAsync();
        Assert.Equal(["1", "2", "3"], Rig.Sends.TextsTo("c1"));
    }

    /// <summary>The lost wake-up: what woke the held replies came before this one was held.</summary>
    [Fact]
    public async Task A_refusal_from_before_the_customers_new_message_is_not_held_against_it()
    {
        await AnswerAsync("c1", "1");
        Rig.Sends.Respond = async (_, _) =>
        {
            Rig.Sends.Respond = null;
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Rig.AcceptAsync(Rig.Text("c1", "在吗"));
            return new SendResult(SendStatus.Held, Code: 95001, Error: "over five");
        };
        await Rig.SendAsync();
        Assert.Equal(["1"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Sent"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).BudgetUsed);
    }

    [Fact]
    public async Task A_refusal_from_a_session_that_is_over_by_now_does_not_silence_the_bot()
    {
        await AnswerAsync("c1", "1");
        await AgentSaysAsync("c1", "2");
        Rig.Sends.Respond = async (_, _) =>
        {
            Rig.Sends.Respond = null;
            await Rig.AcceptAsync(
                Rig.Event("c1", "session_status_change", ("change_type", "1")), Rig.Event("c1", "session_status_change", ("change_type", "3")));
            return new SendResult(SendStatus.OwnedByHuman, Code: 95018, Error: "state 3");
        };
        await Rig.SendAsync();
        Assert.Equal(["1", "2"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(ConversationOwner.Bot, (await Rig.ConversationAsync("c1")).Owner);
    }

    [Fact]
    public async Task A_failure_reported_before_the_answer_to_the_send_stays_visible()
    {
        await AnswerAsync("c1", "1");
        Rig.Sends.Respond = async (part, _) =>
        {
            Rig.Sends.Respond = null;
            await Rig.AcceptAsync(Rig.Event("c1", "msg_send_fail", ("fail_msgid", part.ReplyId), ("fail_type", "10")));
            return SendResult.Sent(part.ReplyId);
        };
        await Rig.SendAsync();
        Assert.Equal(["Failed"], await Rig.ReplyStatesAsync("c1"));
        Assert.Contains("refuses messages", await ErrorAsync(), StringComparison.Ordinal);
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).BudgetUsed);
        Assert.True(await Rig.Get<StoredReplies>().RetryReplyAsync(await SeqOfAsync(1), CancellationToken.None));
        Assert.NotEqual(ReplyOutbox.IdOf(TurnRig.IdOf("c1"), $"turn-{await Rig.LastSeqAsync("turn", "c1")}", 0), await ScalarAsync<string>("select id from reply"));
    }

    [Fact]
    public async Task A_human_in_the_platforms_client_silences_the_bot_and_keeps_notices()
    {
        Answer(_ => new SendResult(SendStatus.OwnedByHuman, Code: 95018, Error: "state 3"));
        await AnswerAsync("c1", "1", "2");
        await Rig.SendAsync();
        Assert.Equal(ConversationOwner.Native, (await Rig.ConversationAsync("c1")).Owner);
        Assert.Equal(["Dropped", "Dropped"], await Rig.ReplyStatesAsync("c1"));

        await PlanAsync("c1", ReplyOutbox.SystemAuthor, "通知");
        await Rig.SendAsync();
        Assert.Equal(["Dropped", "Dropped", "Held"], await Rig.ReplyStatesAsync("c1"));
        Rig.Sends.Respond = null;
        await Rig.AcceptAsync(Rig.Event("c1", "session_status_change", ("change_type", "3")));
        await Rig.SendAsync();
        Assert.Equal(["通知"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task A_notice_refused_because_of_a_human_is_kept()
    {
        Answer(_ => new SendResult(SendStatus.OwnedByHuman, Code: 95018));
        await AnswerAsync("c1");
        await PlanAsync("c1", ReplyOutbox.SystemAuthor, "通知");
        await Rig.SendAsync();
        Assert.Equal(["Held"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task The_bots_words_are_dropped_when_an_agent_has_the_conversation()
    {
        await AnswerAsync("c1", "1");
        await Rig.SetOwnerAsync("c1", ConversationOwner.Agent);
        await AgentSaysAsync("c1", "我来");
        await Rig.SendAsync();
        Assert.Equal(["我来"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Dropped", "Sent"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_part_that_may_be_out_is_not_called_dropped()
    {
        Answer(_ => new SendResult(SendStatus.Retry, Error: "timeout"));
        await AnswerAsync("c1", "1");
        await Rig.SendAsync();
        await Rig.SetOwnerAsync("c1", ConversationOwner.Agent);
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Rig.SendAsync();
        Assert.Equal(["Unknown"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task Maybe_sent_is_shown_not_repeated_and_a_person_may_repeat_it_under_a_new_key()
    {
        Answer(_ => new SendResult(SendStatus.Unknown, Error: "no answer"));
        await AnswerAsync("c1", "1");
        await Rig.SendAsync();
        Assert.Equal(["Unknown"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).BudgetUsed);
        Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await Rig.SendAsync());

        var before = await ScalarAsync<string>("select id from reply");
        Rig.Sends.Respond = null;
        Assert.True(await Rig.Get<StoredReplies>().RetryReplyAsync(await Rig.LastSeqAsync("reply", "c1")));
        await Rig.SendAsync();
        Assert.NotEqual(before, Rig.Sends.Sent.Single().ReplyId);
    }

    [Fact]
    public async Task A_crash_while_sending_repeats_the_part_under_the_same_key()
    {
        await AnswerAsync("c1", "1", "2");
        Rig.Sends.Respond = async (part, token) =>
        {
            Rig.Sends.Respond = null;
            await Rig.Sends.SendAsync(part, token);

            // The platform took it, and this server never learns: its lease goes to another.
            await Rig.ExecuteAsync("update conversation set delivery_fence = delivery_fence + 1, delivery_until = 0");
            return SendResult.Sent("lost");
        };
        await Rig.SendAsync();
        Assert.Equal(["Sending", "Planned"], await Rig.ReplyStatesAsync("c1"));
        await Rig.SendAsync();
        Assert.Equal(["1", "2"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Sent", "Sent"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_dropped_reply_lets_the_next_one_go()
    {
        Answer(_ => new SendResult(SendStatus.Retry, RetryAfter: TimeSpan.FromHours(1)));
        await AnswerAsync("c1", "1");
        await AgentSaysAsync("c1", "2");
        await Rig.ExecuteAsync("update reply set state = 'Held' where part = 0 and author = 'bot'");
        var replies = Rig.Get<StoredReplies>();
        Rig.Sends.Respond = null;
        Assert.True(await replies.DropReplyAsync(await SeqOfAsync(1)));
        Assert.False(await replies.DropReplyAsync(await SeqOfAsync(1)));
        Assert.False(await replies.DropReplyAsync(4711));
        await Rig.SendAsync();
        Assert.Equal(["2"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task A_reply_is_left_to_a_server_that_has_its_channel()
    {
        await AnswerAsync("c1", "1");
        var elsewhere = NewRig(new RecordingChannel("oa"));
        Assert.Equal(0, await elsewhere.SendAsync());
        Assert.Empty(elsewhere.Sends.Sent);
        Assert.Equal(1, await Rig.SendAsync());
        Assert.Equal(["Sent"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_stopped_server_gives_the_rest_of_its_conversation_back()
    {
        await AnswerAsync("c1", "1", "2");
        using var stop = new CancellationTokenSource();
        Rig.Sends.Delivered = _ => stop.Cancel();
        await Rig.Get<ReplySender>().RunOnceAsync(stop.Token);
        Assert.Equal(["Sent", "Planned"], await Rig.ReplyStatesAsync("c1"));
        await Rig.SendAsync();
        Assert.Equal(["1", "2"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task Sending_goes_on_soon_after_the_store_was_away()
    {
        var store = new FlakyDatabase(Database);
        var rig = NewRig(Rig.Sends, database: store);
        await AnswerAsync("c1", "1", "2");
        Rig.Sends.Delivered = _ =>
        {
            Rig.Sends.Delivered = null;
            store.FailNext(3);
        };
        await EndAsync(rig.SendAsync(), TimeSpan.FromSeconds(1));
        Assert.Equal(3, store.Failed);
        await Rig.SendAsync();
        Assert.Equal(["1", "2"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Sent", "Sent"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task Planning_the_same_reply_twice_sends_it_once()
    {
        await AnswerAsync("c1");
        await PlanAsync("c1", "agent:li", "好的", key: "draft-1");
        await PlanAsync("c1", "agent:li", "好的", key: "draft-1");
        await Rig.SendAsync();
        Assert.Equal(["好的"], Rig.Sends.TextsTo("c1"));
    }

    private void Answer(Func<OutboundPart, SendResult?> respond) => Rig.Sends.Respond = (part, _) => Task.FromResult(respond(part));

    private async Task AnswerAsync(string customer, params string[] texts)
    {
        Rig.Handler.Script = (turn, _) => Task.FromResult(Say(turn, texts));
        await Rig.AcceptAsync(Rig.Text(customer, "问"));
        Pause();
        await Rig.TurnAsync();
    }

    private Task AgentSaysAsync(string customer, params string[] texts) => PlanAsync(customer, "agent:li", texts);

    private Task PlanAsync(string customer, string author, params string[] texts) => PlanAsync(customer, author, Guid.NewGuid().ToString(), texts);

    private Task PlanAsync(string customer, string author, string text, string key) => PlanAsync(customer, author, key, new[] { text });

    private Task PlanAsync(string customer, string author, string key, string[] texts) =>
        Database.WriteAsync(async scope =>
        {
            await ReplyOutbox.PlanAsync(scope, TurnRig.IdOf(customer), null, author, key, [.. texts.Select(text => new TextPart(text))]);
            return 0;
        });

    private Task<long> SeqOfAsync(int number) =>
        Database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<long>("select seq from reply order by seq limit 1 offset @skip", new { skip = number - 1 }));

    private Task<string?> ErrorAsync() => ScalarAsync<string>("select error from reply order by seq limit 1");

    private Task<T?> ScalarAsync<T>(string sql) => Database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<T>(sql));
}

public sealed class SqliteDeliveryTests : DeliveryConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.SqliteAsync(clock, migrations);
}

public sealed class PostgresDeliveryTests : DeliveryConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.PostgresAsync(clock, migrations);
}
