using Dapper;
using SmartService.Bot.Tests.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing.Stores;
using SmartService.Turns;

namespace SmartService.Bot.Tests;

public abstract class InboxConformance : StoreConformance
{
    [Fact]
    public async Task A_repeated_message_is_stored_once()
    {
        var message = Rig.Text("c1", "你好");
        Assert.Equal(1, await Rig.AcceptAsync(message));
        Assert.Equal(0, await Rig.AcceptAsync(message, message));
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal(1, (await Rig.ConversationAsync("c1")).Unread);
    }

    [Fact]
    public async Task Nothing_to_accept_is_no_write() => Assert.Equal(0, await Rig.AcceptAsync());

    [Fact]
    public async Task A_bell_makes_the_account_known_and_its_messages_pulled()
    {
        Rig.Source.Add(Rig.Text("c1", "你好"));
        await Rig.Inbox.RingAsync("kf", "wk1", "token-1");
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal("token-1", Assert.Single(Rig.Source.Requests).BellToken);
        Assert.Equal(0, await Rig.PullAsync());
    }

    [Fact]
    public async Task A_bell_token_that_the_platform_refuses_by_now_is_not_used()
    {
        await Rig.Inbox.RingAsync("kf", "wk1", "token-1");
        Clock.Advance(TimeSpan.FromMinutes(11));
        await Rig.PullAsync();
        Assert.Null(Assert.Single(Rig.Source.Requests).BellToken);
    }

    [Fact]
    public async Task A_bell_without_account_reaches_all_known_accounts()
    {
        await Rig.Inbox.AddAccountsAsync("kf", ["wk2", "wk1", "wk1"]);
        Assert.Equal(2, await Rig.PullAsync());
        Assert.Equal(0, await Rig.PullAsync());
        await Rig.Inbox.RingAsync("kf", account: null, "token-2");
        Assert.Equal(2, await Rig.PullAsync());
        Assert.Equal(2, Rig.Source.Requests.Count(request => request.BellToken == "token-2"));
    }

    [Fact]
    public async Task A_bell_without_account_and_no_known_account_changes_nothing()
    {
        await Rig.Inbox.RingAsync("kf", account: null, "token");
        Assert.Equal(0, await Rig.PullAsync());
    }

    [Fact]
    public async Task A_bell_during_the_pull_is_pulled_again()
    {
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        Rig.Source.BeforePage = async (_, token) =>
        {
            Rig.Source.BeforePage = null;
            // In the same millisecond: the clock does not move in this test.
            await Rig.Inbox.RingAsync("kf", "wk1", null, token);
        };
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Equal(0, await Rig.PullAsync());
    }

    [Fact]
    public async Task A_pull_goes_on_over_empty_pages()
    {
        Rig.Source.PageSize = 1;
        Rig.Source.Add(null);
        Rig.Source.Add(null);
        Rig.Source.Add(Rig.Text("c1", "你好"));
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Assert.Equal(["", "1", "2"], Rig.Source.Requests.Select(request => request.Cursor));
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
    }

    [Fact]
    public async Task The_cursor_moves_with_the_messages()
    {
        Rig.Source.PageSize = 1;
        Rig.Source.Add(Rig.Text("c1", "一"));
        Rig.Source.Add(Rig.Text("c1", "二"));
        Rig.Source.BeforePage = (request, _) => request.Cursor == "1" ? throw new ChannelException("busy") { Code = -1 } : Task.CompletedTask;
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Assert.Single(await Rig.MessageStatesAsync("c1"));

        Rig.Source.BeforePage = null;
        Assert.Equal(0, await Rig.PullAsync());
        Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Equal(["", "1", "1"], Rig.Source.Requests.Select(request => request.Cursor));
        Assert.Equal(2, (await Rig.MessageStatesAsync("c1")).Count);
    }

    [Theory]
    [InlineData(90, false, 80, 95)]
    [InlineData(null, true, 290, 305)]
    public async Task A_refused_pull_waits_as_long_as_the_platform_says(int? retryAfter, bool permanent, int stillWaiting, int again)
    {
        Rig.Source.BeforePage = (_, _) => throw new ChannelException("rate limit")
        {
            Code = 45009,
            RetryAfter = retryAfter is null ? null : TimeSpan.FromSeconds(retryAfter.Value),
            Permanent = permanent,
        };
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Clock.Advance(TimeSpan.FromSeconds(stillWaiting));
        Assert.Equal(0, await Rig.PullAsync());
        Assert.Equal("rate limit", await ScalarAsync<string>("select error from account"));
        Clock.Advance(TimeSpan.FromSeconds(again - stillWaiting));
        Rig.Source.BeforePage = null;
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Null(await ScalarAsync<string?>("select error from account"));
    }

    [Fact]
    public async Task A_pull_that_breaks_is_tried_again_without_the_words_of_the_exception()
    {
        Rig.Source.BeforePage = (_, _) => throw new FormatException("张三的电话");
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Assert.Equal("FormatException while pulling.", await ScalarAsync<string>("select error from account"));
        Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(1, await Rig.PullAsync());
    }

    [Fact]
    public async Task A_stopped_pull_goes_on_elsewhere_at_once()
    {
        using var stop = new CancellationTokenSource();
        Rig.Source.BeforePage = async (_, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        };
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.Get<AccountPuller>().RunOnceAsync(stop.Token);
        Rig.Source.BeforePage = null;
        Assert.Equal(1, await Rig.PullAsync());
    }

    // The time only turns a hang into a failure.
    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pull_that_never_ends_is_left_behind(bool stops)
    {
        using var stop = new CancellationTokenSource();
        var never = new TaskCompletionSource();
        Rig.Source.BeforePage = (_, _) => never.Task;
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        var pulling = Rig.Get<AccountPuller>().RunOnceAsync(stop.Token);
        while (Rig.Source.Requests.Count == 0)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        if (stops)
        {
            await stop.CancelAsync();
        }

        await EndAsync(pulling, TimeSpan.FromSeconds(1));
        Assert.Null(await ScalarAsync<long?>("select lease_until from account"));
        Assert.Equal(stops ? null : "The platform did not answer in time.", await ScalarAsync<string?>("select error from account"));
    }

    [Fact]
    public async Task A_pull_goes_on_soon_after_the_store_was_away()
    {
        var store = new FlakyDatabase(Database);
        var rig = NewRig(database: store);
        rig.Source.Add(rig.Text("c1", "你好"));
        rig.Source.BeforePage = (_, _) =>
        {
            rig.Source.BeforePage = null;
            store.FailNext(3);
            return Task.CompletedTask;
        };
        await rig.Inbox.RingAsync("kf", "wk1", null);
        await EndAsync(rig.PullAsync(), TimeSpan.FromSeconds(1));
        Assert.Equal(3, store.Failed);
        Assert.Equal(1, await rig.PullAsync());
        Assert.Equal(["Waiting"], await rig.MessageStatesAsync("c1"));
    }

    [Fact]
    public async Task A_quiet_account_is_pulled_from_time_to_time()
    {
        await Rig.Inbox.AddAccountsAsync("kf", ["wk1"]);
        await Rig.PullAsync();
        Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, await Rig.PullAsync());
        Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, await Rig.PullAsync());
    }

    [Fact]
    public async Task Only_one_server_pulls_an_account()
    {
        var other = NewRig();
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        var pulledByOther = -1;
        Rig.Source.BeforePage = async (_, _) => pulledByOther = await other.PullAsync();
        Assert.Equal(1, await Rig.PullAsync());
        Assert.Equal(0, pulledByOther);
    }

    [Fact]
    public async Task A_page_pulled_under_a_lost_lease_is_thrown_away_whole()
    {
        var other = NewRig();
        Rig.Source.Add(Rig.Text("c1", "你好"));
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        Rig.Source.BeforePage = async (_, _) =>
        {
            await Rig.ExecuteAsync("update account set lease_until = 0");
            Assert.Equal(1, await other.PullAsync());
        };
        await Rig.PullAsync();
        Assert.Equal(0, await ScalarAsync<int>("select count(*) from message"));
        Assert.Equal("0", await ScalarAsync<string>("select cursor from account"));
    }

    [Fact]
    public async Task History_of_the_first_pull_is_kept_and_not_answered()
    {
        Rig.Source.PageSize = 1;
        Rig.Source.Add(Rig.Text("c1", "昨天的问题"));
        Rig.Source.Add(Rig.Text("c2", "也是昨天的"));
        Clock.Advance(TimeSpan.FromMinutes(11));
        Rig.Source.Add(Rig.Text("c1", "今天的问题"));
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Assert.Equal(["Ignored", "Waiting"], await Rig.MessageStatesAsync("c1"));
        Assert.Equal(["Ignored"], await Rig.MessageStatesAsync("c2"));
        Assert.Null((await Rig.ConversationAsync("c2")).DueAt);
    }

    [Fact]
    public async Task Old_messages_of_a_later_pull_are_answered()
    {
        await Rig.Inbox.RingAsync("kf", "wk1", null);
        await Rig.PullAsync();
        Rig.Source.Add(Rig.Text("c1", "停机时的问题"));
        Clock.Advance(TimeSpan.FromHours(2));
        await Rig.PullAsync();
        Assert.Equal(["Waiting"], await Rig.MessageStatesAsync("c1"));
    }

    [Fact]
    public async Task A_servicers_words_make_the_platform_the_owner()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "你好"));
        Pause();
        await Rig.TurnAsync();
        await Rig.AcceptAsync(Rig.Message("c1", MessageOrigin.Servicer, new TextBody("我来")));
        Assert.Equal(ConversationOwner.Native, (await Rig.ConversationAsync("c1")).Owner);
        Assert.Equal(["Dropped"], await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(["Done", "Done"], await Rig.MessageStatesAsync("c1"));
        await Rig.SendAsync();
        Assert.Empty(Rig.Sends.Sent);
    }

    [Theory]
    [InlineData("1", ConversationOwner.Bot, ConversationOwner.Native)]
    [InlineData("2", ConversationOwner.Agent, ConversationOwner.Native)]
    [InlineData("4", ConversationOwner.Bot, ConversationOwner.Native)]
    [InlineData("3", ConversationOwner.Native, ConversationOwner.Bot)]
    [InlineData("3", ConversationOwner.Queue, ConversationOwner.Bot)]
    [InlineData("3", ConversationOwner.Agent, ConversationOwner.Agent)]
    [InlineData("9", ConversationOwner.Bot, ConversationOwner.Bot)]
    public async Task A_session_change_in_the_platforms_client_moves_the_conversation(string change, ConversationOwner before, ConversationOwner after)
    {
        await Rig.AcceptAsync(Rig.Text("c1", "你好"));
        await Rig.SetOwnerAsync("c1", before);
        await Rig.AcceptAsync(Rig.Event("c1", "session_status_change", ("change_type", change)));
        Assert.Equal(after, (await Rig.ConversationAsync("c1")).Owner);
    }

    [Theory]
    [InlineData("1", 0)]
    [InlineData("2", 0)]
    [InlineData("4", 0)]
    [InlineData("1", 8)]
    public async Task A_human_who_took_the_session_is_given_the_same_hours_as_one_who_wrote(string change, int hours)
    {
        await AnsweredAsync(Rig.Text("c1", "你好"));
        Clock.Advance(TimeSpan.FromHours(10));
        await Rig.AcceptAsync(Rig.Event("c1", "session_status_change", ("change_type", change)));
        Clock.Advance(TimeSpan.FromHours(hours));
        await Rig.AcceptAsync(Rig.Text("c1", "在吗"));
        Pause();
        await Rig.TurnAsync();
        Assert.Equal(hours == 0 ? ["Answered", "Silent"] : ["Answered", "Answered"], await Rig.OutcomesAsync("c1"));
    }

    [Fact]
    public async Task A_recall_cancels_what_waits()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "说错了", id: "m-wrong"), Rig.Text("c1", "退货"));
        await Rig.AcceptAsync(Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-wrong")));
        Pause();
        await Rig.TurnAsync();
        Assert.Equal("退货", Testing.Turns.ScriptedTurnHandler.TextOf(Assert.Single(Rig.Handler.Turns)));
        Assert.Equal(["Recalled", "Done", "Done"], await Rig.MessageStatesAsync("c1"));
    }

    [Fact]
    public async Task A_recall_of_everything_leaves_no_turn()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "说错了", id: "m-wrong"));
        await Rig.AcceptAsync(Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-wrong")));
        Pause();
        await Rig.TurnAsync();
        Assert.Empty(Rig.Handler.Turns);
        Assert.Null((await Rig.ConversationAsync("c1")).DueAt);
    }

    [Fact]
    public async Task A_recall_while_the_turn_runs_throws_the_answer_away()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "说错了", id: "m-wrong"));
        Rig.Handler.Script = async (turn, _) =>
        {
            await Rig.AcceptAsync(Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-wrong")));
            return Testing.Turns.ScriptedTurnHandler.Say(turn, "答非所问");
        };
        Pause();
        await Rig.TurnAsync();
        Assert.Empty(await Rig.ReplyStatesAsync("c1"));
        Assert.Equal(1, await Rig.TurnAsync());
        Assert.Single(Rig.Handler.Turns);
        Assert.Null((await Rig.ConversationAsync("c1")).DueAt);
    }

    [Fact]
    public async Task A_recall_before_sending_drops_the_answer()
    {
        await AnsweredAsync(Rig.Text("c1", "说错了", id: "m-wrong"));
        await Rig.AcceptAsync(Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-wrong")));
        Assert.Equal(["Dropped"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_recall_keeps_an_answer_that_also_answers_something_else()
    {
        await AnsweredAsync(Rig.Text("c1", "说错了", id: "m-wrong"), Rig.Text("c1", "退货"));
        await Rig.AcceptAsync(Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-wrong")));
        Assert.Equal(["Planned"], await Rig.ReplyStatesAsync("c1"));
    }

    [Fact]
    public async Task A_recall_of_something_unknown_changes_nothing()
    {
        await Rig.AcceptAsync(Rig.Text("c1", "退货"), Rig.Event("c1", "user_recall_msg", ("recall_msgid", "m-other")), Rig.Event("c1", "user_recall_msg"));
        Assert.Equal(["Waiting", "Done", "Done"], await Rig.MessageStatesAsync("c1"));
    }

    [Theory]
    [InlineData("6", "over five messages after one customer message (6).")]
    [InlineData("77", "reason 77.")]
    [InlineData("", "reason unknown.")]
    public async Task A_delivery_failure_reported_later_is_visible(string failType, string reason)
    {
        await AnsweredAsync(Rig.Text("c1", "退货"));
        await Rig.SendAsync();
        await Rig.AcceptAsync(Rig.Event("c1", "msg_send_fail", ("fail_msgid", Rig.Sends.Sent.Single().ReplyId), ("fail_type", failType)));
        Assert.Equal(["Failed"], await Rig.ReplyStatesAsync("c1"));
        Assert.EndsWith(reason, await ScalarAsync<string>("select error from reply"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entering_is_a_turn_only_with_a_welcome_code()
    {
        await Rig.AcceptAsync(Rig.Event("c1", "enter_session", ("scene", "1")), Rig.Event("c2", "enter_session", ("welcome_code", "CODE")));
        await Rig.TurnAsync();
        var turn = Assert.Single(Rig.Handler.Turns);
        Assert.Equal("c2", turn.Customer);
    }

    /// <summary>The platform counts every message after the customer's last one, whatever made the bot speak.</summary>
    [Fact]
    public async Task An_event_opens_no_way_around_window_and_allowance()
    {
        await Rig.AcceptAsync(Rig.Event("c1", "enter_session", ("welcome_code", "CODE")));
        await Rig.TurnAsync();
        await Rig.SendAsync();
        Assert.Equal(["Held"], await Rig.ReplyStatesAsync("c1"));

        await Rig.AcceptAsync(Rig.Text("c2", "你好"), Rig.Event("c2", "enter_session", ("welcome_code", "CODE")));
        Pause();
        await Rig.TurnAsync();
        await Rig.SendAsync();
        Assert.Equal(1, (await Rig.ConversationAsync("c2")).BudgetUsed);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task An_event_does_not_end_the_pause_after_the_customers_words(bool together, bool eventFirst)
    {
        InboundMessage[] messages = [Rig.Event("c1", "enter_session", ("welcome_code", "CODE")), Rig.Text("c1", "我想")];
        if (!eventFirst)
        {
            Array.Reverse(messages);
        }

        if (together)
        {
            await Rig.AcceptAsync(messages);
        }
        else
        {
            await Rig.AcceptAsync(messages[1]);
            await Rig.AcceptAsync(messages[0]);
        }

        Assert.Equal(0, await Rig.TurnAsync());
        Pause();
        Assert.Equal(1, await Rig.TurnAsync());
    }

    [Fact]
    public async Task An_event_about_no_customer_makes_no_conversation()
    {
        Assert.Equal(1, await Rig.AcceptAsync(Rig.Event("", "servicer_status_change", ("status", "2"))));
        Assert.Equal(0, await ScalarAsync<int>("select count(*) from conversation"));
    }

    [Fact]
    public async Task Hostile_text_is_stored_as_it_came()
    {
        var text = string.Concat(Enumerable.Repeat("😀'; drop table message; --\u0000\uFFFD", 3000));
        await Rig.AcceptAsync(Rig.Text("c1", text), Rig.Text("c1", ""), Rig.Message("c1", MessageOrigin.Customer, new UnsupportedBody("channels_live", "{}")));
        Pause();
        await Rig.TurnAsync();
        Assert.Equal(text, Assert.IsType<TextBody>(Rig.Handler.Turns[0].Messages[0].Body).Text);
    }

    private async Task AnsweredAsync(params InboundMessage[] messages)
    {
        await Rig.AcceptAsync(messages);
        Pause();
        await Rig.TurnAsync();
        Assert.Equal(["Planned"], await Rig.ReplyStatesAsync("c1"));
    }

    private Task<T?> ScalarAsync<T>(string sql) => Database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<T>(sql));
}

public sealed class SqliteInboxTests : InboxConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.SqliteAsync(clock, migrations);
}

public sealed class PostgresInboxTests : InboxConformance
{
    protected override Task<IDatabase> OpenAsync(TimeProvider clock, MigrationSet migrations) => TestStores.PostgresAsync(clock, migrations);
}
