using Dapper;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing.Stores;
using SmartService.Turns;
using static SmartService.Testing.Turns.ScriptedTurnHandler;

namespace SmartService.Bot.Tests.Turns;

public abstract class TurnConformance : StoreConformance
{
    [Fact]
    public async Task A_repeated_message_is_answered_once()
    {
        var message = Rig.Text("c1", "退货");
        await Rig.AcceptAsync(message);
        await AllAsync();
        await Rig.AcceptAsync(message);
        await AllAsync();
        Assert.Equal(["re:退货"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task Fragments_become_one_turn()
    {
        foreach (var fragment in new[] { "我想", "退货", "可以吗" })
        {
            await Rig.AcceptAsync(Rig.Text("c1", fragment));
            Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(0, await Rig.TurnAsync());
        }

        Clock.Advance(TimeSpan.FromSeconds(0.3));
        Assert.Equal(1, await Rig.TurnAsync());
        Assert.Equal("我想|退货|可以吗", TextOf(Assert.Single(Rig.Handler.Turns)));
    }

    [Fact]
    public async Task Fragments_are_not_collected_for_ever()
    {
        for (var i = 0; i < 5; i++)
        {
            await Rig.AcceptAsync(Rig.Text("c1", $"{i}"));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, await Rig.TurnAsync());
    }

    [Fact]
    public async Task A_menu_click_is_due_at_once()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "转人工", menuId: "human"));
        Assert.Equal(1, await Rig.TurnAsync());
    }

    [Fact]
    public async Task A_turn_sees_state_history_and_clock()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "沙发多少钱"));
        Rig.Handler.Script = (turn, _) => Task.FromResult(Say(turn with { State = new DialogueState { Topic = "沙发" } }, "1999元"));
        await AllAsync();
        await Rig.AcceptAsync(Rig.Message("c1", MessageOrigin.Customer, new MediaBody(MediaKind.Image, "media")));
        await AllAsync();
        await Rig.AcceptAsync(Rig.Text("c1", "这个呢"));
        await AllAsync();
        var turn = Rig.Handler.Turns[2];
        Assert.Equal("沙发", turn.State.Topic);
        Assert.NotNull(turn.State.UpdatedAt);
        Assert.Equal(
            [(HistoryRole.Customer, "沙发多少钱"), (HistoryRole.Bot, "1999元"), (HistoryRole.Customer, "[图片]"), (HistoryRole.Bot, "1999元")],
            turn.History.Select(entry => (entry.Role, entry.Text)));
        Assert.Equal(ConversationOwner.Bot, turn.Owner);
        Assert.Equal(await Rig.LastSeqAsync("message", "c1"), turn.Seq);
        Assert.Equal("kf:wk1:c1", turn.ConversationId);
        Assert.Equal(Clock.GetUtcNow() - TimeSpan.FromMilliseconds(1), turn.Now);
    }

    [Fact]
    public async Task History_is_bounded_and_knows_agents()
    {
        for (var i = 0; i < 15; i++)
        {
            await Rig.AcceptAsync(Rig.Text("c1", $"问{i}"));
            await AllAsync();
        }

        await Rig.AcceptAsync(Rig.Message("c1", MessageOrigin.Servicer, new TextBody("我来看看")));
        await Rig.AcceptAsync(Rig.Event("c1", "session_status_change", ("change_type", "3")));
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Rig.AcceptAsync(Rig.Text("c1", "谢谢"));
        await AllAsync();
        var history = Rig.Handler.Turns[^1].History;
        Assert.Equal(20, history.Count);
        Assert.Equal((HistoryRole.Agent, "我来看看"), (history[^1].Role, history[^1].Text));
        Assert.Equal("re:问14", history[^2].Text);
        Assert.Equal("问14", history[^3].Text);
    }

    [Fact]
    public async Task A_lost_lease_throws_the_result_away()
    {
        var other = NewRig(Rig.Sends);
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        Rig.Handler.Script = async (turn, _) =>
        {
            // The renewal is not running here: this server hangs while its lease runs out.
            await Rig.ExecuteAsync("update conversation set lease_until = 0");
            Assert.Equal(1, await other.TurnAsync());
            return Say(turn, "太晚了");
        };
        await Rig.TurnAsync();
        await Rig.SendAsync();
        Assert.Equal(["re:退货"], Rig.Sends.TextsTo("c1"));
        Assert.Equal(["Answered"], await Rig.OutcomesAsync("c1"));
    }

    [Fact]
    public async Task A_long_turn_keeps_its_lease()
    {
        var other = NewRig(settings: new() { ["Turns:TurnTimeout"] = "00:10:00" });
        await other.AcceptAsync(other.Text("c1", "退货"));
        Pause();
        var release = new TaskCompletionSource();
        other.Handler.Script = async (turn, _) =>
        {
            await release.Task;
            return Say(turn, "好的");
        };
        var working = other.TurnAsync();
        await UntilAsync(() => other.Handler.Turns.Count == 1);
        for (var i = 0; i < 6; i++)
        {
            var before = (await Rig.ConversationAsync("c1")).LeaseUntil;
            Clock.Advance(TimeSpan.FromSeconds(20));
            await UntilAsync(async () => (await Rig.ConversationAsync("c1")).LeaseUntil > before);
            Assert.Equal(0, await Rig.TurnAsync());
        }

        release.SetResult();
        await working;
        Assert.Equal(["Planned"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_lost_lease_cancels_the_handler()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        Rig.Handler.Script = async (turn, token) =>
        {
            await Rig.ExecuteAsync("update conversation set fence = fence + 1, lease_until = 0");
            await Task.Delay(Timeout.Infinite, token);
            return Say(turn, "never");
        };
        var working = Rig.TurnAsync();
        await UntilAsync(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(20));
            return working.IsCompleted;
        });
        await working;
        Assert.Empty(await Rig.OutcomesAsync("c1"));
        Rig.Handler.Script = null;
        Assert.Equal(1, await Rig.TurnAsync());
        Assert.Equal(["Planned"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_turn_that_takes_too_long_has_failed()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        Rig.Handler.Script = async (turn, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return Say(turn, "never");
        };
        var working = Rig.TurnAsync();
        await UntilAsync(() =>
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            return working.IsCompleted;
        });
        await working;
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).Attempts);
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
    }

    // The time only turns a hang into a failure.
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_never_ends_is_left_behind(bool stops)
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        var never = new TaskCompletionSource<TurnResult>();
        Rig.Handler.Script = (_, _) => never.Task;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var working = Rig.Get<TurnWorker>().RunOnceAsync(stop.Token);
        await UntilAsync(() => Rig.Handler.Turns.Count == 1);
        if (stops)
        {
            await stop.CancelAsync();
        }

        await EndAsync(working, TimeSpan.FromSeconds(stops ? 1 : 10));
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((stops ? 0 : 1, null), (conversation.Attempts, conversation.LeaseUntil));
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
    }

    // The time only turns a hang into a failure.
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_renewal_that_fails_once_does_not_give_the_turn_away(bool storeAway)
    {
        var store = new FlakyDatabase(Database);
        if (!storeAway)
        {
            store.Failure = new InvalidOperationException();
        }

        var rig = NewRig(database: store);
        await rig.AcceptAsync(rig.Text("c1", "退货"));
        Pause();
        var release = new TaskCompletionSource();
        rig.Handler.Script = async (turn, _) =>
        {
            await release.Task;
            return Say(turn, "好的");
        };
        var working = rig.TurnAsync();
        await UntilAsync(() => rig.Handler.Turns.Count == 1);
        var before = (await Rig.ConversationAsync("c1")).LeaseUntil;
        store.FailNext(1);
        await UntilAsync(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return (await Rig.ConversationAsync("c1")).LeaseUntil > before;
        });
        Assert.Equal(1, store.Failed);
        release.SetResult();
        await working.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["Planned"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_turn_is_taken_again_soon_after_the_store_was_away()
    {
        var store = new FlakyDatabase(Database);
        var rig = NewRig(database: store);
        await rig.AcceptAsync(rig.Text("c1", "退货"));
        Pause();
        rig.Handler.Script = (turn, _) =>
        {
            rig.Handler.Script = null;
            store.FailNext(3);
            return Task.FromResult(Say(turn, "好的"));
        };
        await EndAsync(rig.TurnAsync(), TimeSpan.FromSeconds(1));
        Assert.Equal(3, store.Failed);
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((0, null), (conversation.Attempts, conversation.LeaseUntil));
        await AllAsync();
        Assert.Equal(["re:退货"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task A_message_that_arrives_while_the_turn_runs_is_not_lost()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        Pause();
        Rig.Handler.Script = async (turn, _) =>
        {
            Rig.Handler.Script = null;
            await Rig.AcceptAsync(Rig.Text("c1", "二"));
            return Say(turn, "re:" + TextOf(turn));
        };
        await Rig.TurnAsync();
        Assert.Equal(["Done", "Waiting"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal((Clock.GetUtcNow() + TimeSpan.FromSeconds(1.2)).ToUnixTimeMilliseconds(), (await Rig.ConversationAsync("c1")).DueAt);
        Assert.Equal(0, await Rig.TurnAsync());
        await AllAsync();
        Assert.Equal(["re:一", "re:二"], Rig.Sends.TextsTo("c1"));
    }

    /// <summary>The lost wake-up: the message commits while the end of the turn waits for the conversation's row.</summary>
    [Fact]
    public async Task A_message_that_commits_while_the_turn_ends_is_not_lost()
    {
        for (var i = 0; i < 30; i++)
        {
            var customer = $"c{i}";
            await Rig.AcceptAsync(Rig.Text(customer, "一"));
            Pause();
            var second = Task.CompletedTask;
            Rig.Handler.Script = (turn, _) =>
            {
                second = Task.Run(() => Rig.AcceptAsync(Rig.Text(customer, "二")));
                return Task.FromResult(Say(turn, "好"));
            };
            await Rig.TurnAsync();
            await second;
            Rig.Handler.Script = null;
            await AllAsync();
            Assert.Equal(["Done", "Done"], await Rig.MessageStatesAsync(customer));
        }
    }

    [Fact]
    public async Task Poison_is_set_aside_and_the_next_message_is_answered()
    {
        Rig.Handler.Script = (turn, _) => TextOf(turn).Contains('毒', StringComparison.Ordinal)
            ? throw new InvalidOperationException("毒")
            : Task.FromResult(Say(turn, "re:" + TextOf(turn)));
        await Rig.AcceptAsync(Rig.Text("c1", "毒"), Rig.Text("c1", "退货"));
        for (var i = 0; i < 4; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Rig.TurnAsync();
        }

        await Rig.SendAsync();
        Assert.Equal(["Dead", "Done"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal(["Failed", "Answered"], await Rig.OutcomesAsync("c1"));
        Assert.Equal(["抱歉，这条消息我没能处理好，已经为您转接人工客服，请稍等。", "re:退货"], Rig.Sends.TextsTo("c1"));
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((ConversationOwner.Queue, "TurnFailed"), (conversation.Owner, conversation.HandoffReason));
        Assert.Equal(["毒|退货", "毒", "毒", "退货"], Rig.Handler.Turns.Select(TextOf));
        Assert.DoesNotContain("毒", await ScalarAsync<string>("select error from message where state = 'Dead'"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_turn_waits_longer_each_time_and_more_messages_do_not_shorten_it()
    {
        Rig.Handler.Script = (_, _) => throw new InvalidOperationException();
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        Pause();
        await Rig.TurnAsync();
        await Rig.AcceptAsync(Rig.Text("c1", "二"));
        Clock.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, await Rig.TurnAsync());
        Clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, await Rig.TurnAsync());
        Clock.Advance(TimeSpan.FromSeconds(3.9));
        Assert.Equal(0, await Rig.TurnAsync());
        Clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, await Rig.TurnAsync());
    }

    [Fact]
    public async Task A_message_that_kills_the_server_each_time_is_set_aside_untouched()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "毒"));
        Pause();
        for (var i = 0; i < 3; i++)
        {
            // Taken and never finished: what a kill leaves behind.
            Assert.Single((await Rig.Get<TurnLeases>().TakeAsync(1, CancellationToken.None)).Items);
            Clock.Advance(TimeSpan.FromSeconds(61));
        }

        await Rig.TurnAsync();
        Assert.Empty(Rig.Handler.Turns);
        Assert.Equal(["Dead"], await Rig.MessageStatesAsync("c1"));
    }

    [Fact]
    public async Task A_dead_message_can_be_repeated_once()
    {
        Rig.Handler.Script = (_, _) => throw new InvalidOperationException();
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        for (var i = 0; i < 3; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Rig.TurnAsync();
        }

        Rig.Handler.Script = null;
        var dead = await Rig.LastSeqAsync("message", "c1");
        Assert.True(await Rig.Get<DeadMessages>().RepeatDeadAsync(dead));
        Assert.False(await Rig.Get<DeadMessages>().RepeatDeadAsync(dead));
        Assert.False(await Rig.Get<DeadMessages>().RepeatDeadAsync(dead + 1000));
        await AllAsync();
        Assert.Equal("re:退货", Rig.Sends.TextsTo("c1")[^1]);
        Assert.Equal(["Answered"], await Rig.OutcomesAsync("c1"));
    }

    [Fact]
    public async Task What_cannot_be_read_in_the_past_does_not_fail_the_next_turns()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "沙发"));
        await AllAsync();
        await Rig.ExecuteAsync("update message set payload = '{\"type\":\"nonsense\"}', state = 'Dead', origin = 'Robot'");
        await Rig.ExecuteAsync("update reply set payload = '{}'");
        await Rig.ExecuteAsync("update conversation set dialogue = 'nonsense'");
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        await AllAsync();
        Assert.Equal("re:退货", Rig.Sends.TextsTo("c1")[^1]);
        Assert.Equal(2, Rig.Handler.Turns[^1].History.Count);
    }

    [Fact]
    public async Task A_message_of_an_unknown_origin_is_set_aside()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        await Rig.ExecuteAsync("update message set origin = 'Robot'");
        for (var i = 0; i < 3; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Rig.TurnAsync();
        }

        Assert.Equal(["Dead"], await Rig.MessageStatesAsync("c1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_repeated_while_a_newer_one_is_handled_gets_a_turn_of_its_own(bool newerFails)
    {
        Rig.Handler.Script = (_, _) => throw new InvalidOperationException();
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        await FailAsync(3);
        var dead = await Rig.LastSeqAsync("message", "c1");
        await Rig.AcceptAsync(Rig.Text("c1", "二"));
        if (newerFails)
        {
            await FailAsync(2);
        }

        Rig.Handler.Script = async (turn, _) =>
        {
            Rig.Handler.Script = null;
            Assert.True(await Rig.Get<DeadMessages>().RepeatDeadAsync(dead, CancellationToken.None));
            return newerFails ? throw new InvalidOperationException() : Say(turn, "好的");
        };
        Clock.Advance(TimeSpan.FromSeconds(10));
        await Rig.TurnAsync();
        Assert.Equal(["Waiting", newerFails ? "Dead" : "Done"], await Rig.MessageStatesAsync("c1"));
        await AllAsync();
        Assert.Equal(["Done", newerFails ? "Dead" : "Done"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal("re:一", Rig.Sends.TextsTo("c1")[^1]);

        async Task FailAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                Clock.Advance(TimeSpan.FromSeconds(10));
                await Rig.TurnAsync();
            }
        }
    }

    [Fact]
    public async Task A_message_that_cannot_be_read_is_set_aside()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        await Rig.ExecuteAsync("update message set payload = '{\"type\":\"nonsense\"}'");
        for (var i = 0; i < 3; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
            await Rig.TurnAsync();
        }

        Assert.Equal(["Dead"], await Rig.MessageStatesAsync("c1"));
    }

    [Theory]
    [InlineData(ConversationOwner.Agent)]
    [InlineData(ConversationOwner.Native)]
    public async Task A_take_over_during_generation_keeps_the_bot_silent(ConversationOwner human)
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        Rig.Handler.Script = async (turn, _) =>
        {
            await Rig.SetOwnerAsync("c1", human);
            return Say(turn, "机器人的话");
        };
        await Rig.TurnAsync();
        Assert.Empty(await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(["Done"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal(["Silent"], await Rig.OutcomesAsync("c1"));
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).Unread);
    }

    [Theory]
    [InlineData(ConversationOwner.Agent)]
    [InlineData(ConversationOwner.Native)]
    public async Task The_bot_is_not_asked_while_a_human_has_the_conversation(ConversationOwner human)
    {
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        await AllAsync();
        await Rig.SetOwnerAsync("c1", human);
        await Rig.AcceptAsync(Rig.Text("c1", "二"));
        await AllAsync();
        Assert.Single(Rig.Handler.Turns);
        Assert.Equal(["Answered", "Silent"], await Rig.OutcomesAsync("c1"));
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).Unread);
    }

    /// <summary>The human gives the conversation back between the taking of the turn and its end.</summary>
    [Fact]
    public async Task The_bot_answers_what_a_human_left_unanswered_while_its_silence_was_recorded()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "沙发"));
        Rig.Handler.Script = (turn, _) => Task.FromResult(Say(turn with { State = new DialogueState { Topic = "沙发" } }, "1999元"));
        await AllAsync();
        await Rig.SetOwnerAsync("c1", ConversationOwner.Agent);
        await Rig.AcceptAsync(Rig.Text("c1", "这个呢"));
        Pause();
        var lease = Assert.Single((await Rig.Get<TurnLeases>().TakeAsync(1, CancellationToken.None)).Items);
        var waiting = await Rig.Get<TurnReader>().WaitingAsync(lease, CancellationToken.None);
        await Rig.SetOwnerAsync("c1", ConversationOwner.Bot);

        Assert.Null(await Rig.Get<TurnRecords>().StaySilentAsync(lease, waiting, CancellationToken.None));
        Assert.Equal(["Done", "Waiting"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal(1, await Rig.TurnAsync());
        Assert.Equal("沙发", Rig.Handler.Turns[^1].State.Topic);
        Assert.Equal(["Answered", "Answered"], await Rig.OutcomesAsync("c1"));
    }

    [Fact]
    public async Task The_bot_resumes_after_hours_of_silence()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        await AllAsync();
        await Rig.ExecuteAsync("update conversation set owner = 'Agent', agent = 'li', last_agent_at = @now", new { now = Clock.GetUtcNow().ToUnixTimeMilliseconds() });
        Clock.Advance(TimeSpan.FromHours(7));
        await Rig.AcceptAsync(Rig.Text("c1", "二"));
        await AllAsync();
        Assert.Single(Rig.Handler.Turns);
        Clock.Advance(TimeSpan.FromHours(8));
        await Rig.AcceptAsync(Rig.Text("c1", "三"));
        await AllAsync();
        Assert.Equal("三", TextOf(Rig.Handler.Turns[^1]));
        Assert.Equal("re:三", Rig.Sends.TextsTo("c1")[^1]);
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((ConversationOwner.Bot, null), (conversation.Owner, conversation.Agent));
    }

    [Fact]
    public async Task A_hand_off_queues_the_conversation_and_its_notice_survives_the_take_over()
    {
        Rig.Handler.Script = (turn, _) => Task.FromResult(TurnRig.HandOff(turn, "正在为您转接人工"));
        await Rig.AcceptAsync(Rig.Text("c1", "转人工"));
        Pause();
        await Rig.TurnAsync();
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((ConversationOwner.Queue, "Requested", 1), (conversation.Owner, conversation.HandoffReason, conversation.Unread));
        await Rig.ExecuteAsync("update conversation set owner = 'Agent', agent = 'li'");
        await Database.WriteAsync(scope => ReplyOutbox.DropUnsentAsync(scope, TurnRig.IdOf("c1")));
        await Rig.SendAsync();
        Assert.Equal(["正在为您转接人工"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task A_queued_customer_may_come_back_to_the_bot()
    {
        Rig.Handler.Script = (turn, _) => Task.FromResult(TurnRig.HandOff(turn, "请稍等"));
        await Rig.AcceptAsync(Rig.Text("c1", "转人工"));
        await AllAsync();
        Rig.Handler.Script = (turn, _) => Task.FromResult(Say(turn, "我在") with { BackToBot = turn.Owner == ConversationOwner.Queue });
        await Rig.AcceptAsync(Rig.Text("c1", "不用了"));
        await AllAsync();
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((ConversationOwner.Bot, null, 0), (conversation.Owner, conversation.HandoffReason, conversation.Unread));
    }

    [Fact]
    public async Task A_long_answer_is_cut_and_the_rest_is_kept()
    {
        var rig = NewRig(new RecordingChannel(TurnRig.Channel, maxBytes: 6));
        rig.Handler.Script = (turn, _) => Task.FromResult(Say(turn, "一二三四五六七八九十"));
        await rig.AcceptAsync(rig.Text("c1", "说明书"));
        Pause();
        await rig.TurnAsync();
        await rig.SendAsync();
        Assert.Equal(["一二", "三四", "五六", "…（回复“继续”查看后面的内容）"], rig.Sends.TextsTo("c1"));
        Assert.Contains("七八九十", (await rig.ConversationAsync("c1")).Dialogue, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_of_a_channel_that_is_not_here_is_left_to_the_server_that_has_it()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货") with { Channel = "oa" });
        Pause();
        Assert.Equal(0, await Rig.TurnAsync());
        Assert.Equal(0, await ScalarAsync<int>("select attempts from conversation"));
        Assert.Equal(1, await NewRig(new RecordingChannel("oa")).TurnAsync());
    }

    /// <summary>Such as a question on the command line beside a running server.</summary>
    [Fact]
    public async Task A_process_that_starts_leaves_the_work_of_channels_it_does_not_have_alone()
    {
        await Rig.Inbox.RingAsync(TurnRig.Channel, TurnRig.Account, null);
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Rig.Handler.Script = async (turn, _) =>
        {
            await ForgetAsync(NewRig(new RecordingChannel("ask")), "ask");
            return Say(turn, "好的");
        };
        Rig.Sends.Respond = async (part, _) =>
        {
            await ForgetAsync(NewRig(new RecordingChannel("ask")), "ask");
            return null;
        };
        await AllAsync();
        Assert.Equal(["Sent"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(0, await ScalarAsync<int>("select max(fence) from account"));

        static async Task ForgetAsync(TurnRig rig, string channel)
        {
            await rig.Get<TurnLeases>().ForgetAsync(CancellationToken.None);
            await rig.Get<DeliveryLeases>().ForgetAsync(CancellationToken.None);
            await rig.Get<AccountLeases>().ForgetAsync([channel], CancellationToken.None);
        }
    }

    [Fact]
    public async Task The_next_turn_is_known_without_looking_at_what_others_hold()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "一"));
        Pause();
        var leases = Rig.Get<TurnLeases>();
        var full = await leases.TakeAsync(1, CancellationToken.None);
        Assert.Single(full.Items);
        Assert.Null(full.UntilNext);
        Assert.Null((await leases.TakeAsync(1, CancellationToken.None)).UntilNext);
        await Rig.AcceptAsync(Rig.Text("c2", "二"));
        Assert.Equal(TimeSpan.FromSeconds(1.2), (await leases.TakeAsync(1, CancellationToken.None)).UntilNext);
    }

    [Fact]
    public async Task A_stopped_server_gives_its_turn_back_without_an_attempt()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"));
        Pause();
        using var stop = new CancellationTokenSource();
        Rig.Handler.Script = async (turn, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
            return Say(turn, "never");
        };
        await Rig.Get<TurnWorker>().RunOnceAsync(stop.Token);
        var conversation = await Rig.ConversationAsync("c1");
        Assert.Equal((0, null), (conversation.Attempts, conversation.LeaseUntil));
        Rig.Handler.Script = null;
        await AllAsync();
        Assert.Equal(["re:退货"], Rig.Sends.TextsTo("c1"));
    }

    [Fact]
    public async Task More_fragments_than_one_turn_takes_are_all_answered()
    {
        await Rig.AcceptAsync([.. Enumerable.Range(0, 60).Select(i => Rig.Text("c1", $"{i}"))]);
        await AllAsync();
        await AllAsync();
        Assert.Equal([50, 10], Rig.Handler.Turns.Select(turn => turn.Messages.Count));
        Assert.All(await Rig.MessageStatesAsync("c1"), state => Assert.Equal("Done", state));
    }

    [Fact]
    public async Task Two_workers_share_one_store_and_keep_each_conversations_order()
    {
        var servers = new[] { Rig, NewRig(Rig.Sends), NewRig(Rig.Sends) };
        foreach (var server in servers)
        {
            server.Handler.Script = (turn, _) => Task.FromResult(Say(turn, TextOf(turn)));
        }

        var random = new Random(20261125);
        var next = new int[6];
        var steps = new List<Task>();
        for (var step = 0; step < 250; step++)
        {
            var server = servers[random.Next(servers.Length)];
            var customer = random.Next(next.Length);
            switch (random.Next(4))
            {
                case 0:
                    await server.AcceptAsync(Rig.Text($"c{customer}", $"{next[customer]++}"));
                    break;
                case 1:
                    Clock.Advance(TimeSpan.FromMilliseconds(random.Next(1500)));
                    break;
                case 2:
                    steps.Add(Task.Run(server.TurnAsync));
                    break;
                default:
                    steps.Add(Task.Run(server.SendAsync));
                    break;
            }
        }

        await Task.WhenAll(steps);
        for (var i = 0; i < 10; i++)
        {
            await AllAsync();
        }

        for (var customer = 0; customer < next.Length; customer++)
        {
            // The allowance of five holds some back until the customer writes again; nothing may be missing or out of order.
            Assert.Equal(
                Enumerable.Range(0, next[customer]).Select(n => $"{n}"),
                Rig.Sends.TextsTo($"c{customer}").SelectMany(text => text.Split('|')));
        }
    }

    /// <summary>Waits out the customer's pause, decides what is due and sends it.</summary>
    protected async Task AllAsync()
    {
        Pause();
        await Rig.TurnAsync();
        await Rig.SendAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    private Task<T?> ScalarAsync<T>(string sql) => Database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<T>(sql));

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}

public sealed class SqliteTurnTests : TurnConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.SqliteAsync(clock, migrations);
}

public sealed class PostgresTurnTests : TurnConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.PostgresAsync(clock, migrations);
}
