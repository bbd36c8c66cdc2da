using System.Diagnostics.Metrics;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Data.Sqlite;
using SmartService.Testing.Stores;
using SmartService.Turns;
using static SmartService.Testing.Turns.ScriptedTurnHandler;

namespace SmartService.Bot.Tests.Turns;

/// <summary>The real loops with the real clock and short pauses.</summary>
public sealed class TurnLoopTests
{
    private static readonly MigrationSet Migrations = new("bot", typeof(Inbox).Assembly);

    private static readonly Dictionary<string, string?> Quick = new()
    {
        ["Turns:Debounce"] = "00:00:00.030",
        ["Turns:DebounceCap"] = "00:00:00.300",
        ["Turns:SendRetryDelay"] = "00:00:00.010",
    };

    [Fact]
    public async Task A_bell_becomes_a_delivered_answer()
    {
        await using var database = await TestStores.SqliteAsync(null, Migrations);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: Quick);
        await using var running = await rig.RunAsync();
        rig.Source.Add(rig.Text("c1", "你好"));
        await rig.Inbox.RingAsync("kf", "wk1", "token");
        await UntilAsync(() => rig.Sends.Sent.Count == 1);
        Assert.Equal(["re:你好"], rig.Sends.TextsTo("c1"));
        await UntilAsync(async () => (await rig.ReplyStatesAsync("c1")).Single() == "Sent");
    }

    [Fact]
    public async Task Two_servers_on_one_postgres_answer_everything_once_and_in_order()
    {
        await using var first = await TestStores.PostgresAsync(null, Migrations);
        await using var rig = new TurnRig(first, TimeProvider.System, settings: Quick);
        await using var other = new TurnRig(first, TimeProvider.System, rig.Sends, Quick);
        rig.Handler.Script = other.Handler.Script = (turn, _) => Task.FromResult(Say(turn, TextOf(turn)));
        await using var running = await rig.RunAsync();
        await using var alsoRunning = await other.RunAsync();
        const int Customers = 10;
        const int Each = 4;
        for (var n = 0; n < Each; n++)
        {
            for (var customer = 0; customer < Customers; customer++)
            {
                await (n % 2 == 0 ? rig : other).AcceptAsync(rig.Text($"c{customer}", $"{n}"));
            }

            await Task.Delay(40, TestContext.Current.CancellationToken);
        }

        await UntilAsync(() => rig.Sends.Sent.Count >= Customers && Enumerable.Range(0, Customers).All(c => Words(rig, c).Count() == Each));
        Assert.All(Enumerable.Range(0, Customers), customer => Assert.Equal(["0", "1", "2", "3"], Words(rig, customer)));
    }

    [Fact]
    public async Task A_restart_does_not_wait_for_the_leases_of_the_killed_process()
    {
        await using var database = await TestStores.SqliteAsync(null, Migrations);
        await using var killed = new TurnRig(database, TimeProvider.System, settings: Quick);
        await killed.AcceptAsync(killed.Text("c1", "一"));
        await UntilAsync(async () => (await killed.Get<TurnLeases>().TakeAsync(1, CancellationToken.None)).Items.Count == 1);
        await killed.Inbox.RingAsync("kf", "wk1", null);
        Assert.Single((await killed.Get<AccountLeases>().TakeAsync(["kf"], 1, CancellationToken.None)).Items);

        await using var restarted = new TurnRig(database, TimeProvider.System, settings: Quick);
        restarted.Source.Add(restarted.Text("c2", "二", id: "m-2"));
        await using var running = await restarted.RunAsync();
        await UntilAsync(() => restarted.Sends.Sent.Count == 2);
        Assert.Equal(["re:一"], restarted.Sends.TextsTo("c1"));
        Assert.Equal(["re:二"], restarted.Sends.TextsTo("c2"));
    }

    [Fact]
    public async Task A_locked_store_refuses_the_bell_and_nothing_is_lost()
    {
        var path = Path.Combine(TempFolder.Create(), "locked.db");
        await using var database = new SqliteDatabase(path, TimeProvider.System);
        await database.MigrateAsync([Migrations]);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: Quick);
        rig.Source.Add(rig.Text("c1", "你好"));
        await rig.AcceptAsync(rig.Text("c2", "先前的"));
        await using (var blocker = new SqliteConnection($"Data Source={path};Pooling=false"))
        {
            await blocker.OpenAsync(TestContext.Current.CancellationToken);
            await blocker.ExecuteAsync("begin immediate");
            await Assert.ThrowsAsync<StoreUnavailableException>(() => rig.Inbox.RingAsync("kf", "wk1", "token"));
            await Assert.ThrowsAsync<StoreUnavailableException>(() => rig.AcceptAsync(rig.Text("c3", "没记下")));
            await blocker.ExecuteAsync("rollback");
        }

        // The platform rings again; what was refused left no trace.
        await using var running = await rig.RunAsync();
        await rig.Inbox.RingAsync("kf", "wk1", "token");
        await UntilAsync(() => rig.Sends.Sent.Count == 2);
        Assert.Empty(rig.Sends.TextsTo("c3"));
    }

    [Fact]
    public async Task Loops_come_up_although_the_store_is_locked_at_the_start()
    {
        var path = Path.Combine(TempFolder.Create(), "locked.db");
        await using var database = new SqliteDatabase(path, TimeProvider.System);
        await database.MigrateAsync([Migrations]);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: Quick);
        await rig.AcceptAsync(rig.Text("c1", "你好"));
        await using var blocker = new SqliteConnection($"Data Source={path};Pooling=false");
        await blocker.OpenAsync(TestContext.Current.CancellationToken);
        await blocker.ExecuteAsync("begin immediate");
        await using var running = await rig.RunAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => rig.Inbox.RingAsync("kf", "wk1", null));
        await blocker.ExecuteAsync("rollback");
        await UntilAsync(() => rig.Sends.Sent.Count == 1);
    }

    [Fact]
    public async Task The_number_of_turns_at_once_is_bounded()
    {
        await using var database = await TestStores.SqliteAsync(null, Migrations);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: new(Quick) { ["Turns:Parallelism"] = "3" });
        var now = 0;
        var most = 0;
        rig.Handler.Script = async (turn, token) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Delay(15, token);
            Interlocked.Decrement(ref now);
            return Say(turn, "好");
        };
        await using var running = await rig.RunAsync();
        await rig.AcceptAsync([.. Enumerable.Range(0, 20).Select(i => rig.Text($"c{i}", "问"))]);
        await UntilAsync(() => rig.Sends.Sent.Count == 20);
        Assert.InRange(most, 2, 3);
    }

    [Fact]
    public async Task A_stop_during_a_turn_gives_it_back()
    {
        await using var database = await TestStores.SqliteAsync(null, Migrations);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: Quick);
        var begun = new TaskCompletionSource();
        rig.Handler.Script = async (turn, token) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
            return Say(turn, "never");
        };
        await using (await rig.RunAsync())
        {
            await rig.AcceptAsync(rig.Text("c1", "问"));
            await begun.Task;
        }

        var conversation = await rig.ConversationAsync("c1");
        Assert.Equal((0, null), (conversation.Attempts, conversation.LeaseUntil));
        rig.Handler.Script = null;
        await using var again = await rig.RunAsync();
        await UntilAsync(() => rig.Sends.Sent.Count == 1);
    }

    [Fact]
    public async Task What_happens_is_counted()
    {
        var seen = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == TurnMetrics.Name)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => seen.Add(instrument.Name + string.Concat(tags.ToArray().Select(tag => $" {tag.Value}"))));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => seen.Add(instrument.Name));
        await using var database = await TestStores.SqliteAsync(null, Migrations);
        await using var rig = new TurnRig(database, TimeProvider.System, settings: Quick);
        listener.Start();
        rig.Source.Add(rig.Text("c1", "你好"));
        await using var running = await rig.RunAsync();
        await rig.Inbox.RingAsync("kf", "wk1", null);
        await UntilAsync(() => seen.Contains("smartservice.reply.latency"));
        listener.RecordObservableInstruments();
        Assert.Superset(
            new HashSet<string>
            {
                "smartservice.messages.accepted kf", "smartservice.pull.pages kf", "smartservice.turns Answered", "smartservice.turn.duration",
                "smartservice.turn.wait", "smartservice.replies kf Sent", "smartservice.reply.latency", "smartservice.turn.oldest_due",
            },
            seen.ToHashSet());
    }

    [Theory]
    [InlineData("Turns:Parallelism", "0", "Parallelism")]
    [InlineData("Turns:Debounce", "1.00:00:00", "Debounce")]
    [InlineData("Turns:DebounceCap", "00:00:00.5", "Turns:DebounceCap must not be shorter than Turns:Debounce.")]
    [InlineData("Turns:Lease", "00:00:10", "Turns:Lease must be longer than Turns:SendTimeout.")]
    [InlineData("Turns:PullTimeout", "00:02:00", "Turns:Lease must be longer than Turns:PullTimeout.")]
    [InlineData("Handoff:ResumeAfter", "00:00:00", "ResumeAfter")]
    public async Task A_wrong_setting_stops_the_start_and_is_named(string key, string value, string named)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new(key, value)]);
        builder.Services.AddSingleton(TestStores.Sqlite());
        builder.Services.AddScoped<ITurnHandler>(_ => new Testing.Turns.ScriptedTurnHandler());
        builder.Services.AddSingleton<IChannel>(new RecordingChannel());
        builder.Services.AddTurns(builder.Configuration);
        using var host = builder.Build();
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());
        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Words(TurnRig rig, int customer) => rig.Sends.TextsTo($"c{customer}").SelectMany(text => text.Split('|'));

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
