using Dapper;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Plugins;
using SmartService.Data;
using SmartService.Plugins;
using SmartService.Replies;
using SmartService.Testing;
using SmartService.Testing.Stores;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Plugins;

public sealed class ToolGateTests
{
    private static readonly Dictionary<string, string?> Quick = new() { ["Tools:TimeoutSeconds"] = "0.2" };

    // Ten megabytes take their time on a busy machine; only what never ends may run into the limit.
    private static readonly Dictionary<string, string?> Patient = new() { ["Tools:TimeoutSeconds"] = "60" };

    [Theory]
    [InlineData("bad_throws", ToolStatus.Failed)]
    [InlineData("bad_hangs", ToolStatus.TimedOut)]
    [InlineData("bad_blocks", ToolStatus.TimedOut)]
    [InlineData("bad_floods", ToolStatus.TooLarge)]
    [InlineData("bad_writes", ToolStatus.Refused)]
    [InlineData("bad_missing", ToolStatus.Refused)]
    [InlineData("bad_fine", ToolStatus.Ok)]
    public async Task A_broken_tool_is_a_result_for_a_flow(string tool, ToolStatus status)
    {
        await using var conversation = Conversation(settings: status == ToolStatus.TimedOut ? Quick : Patient);

        var reply = await conversation.SayAsync($"试试 {tool}");

        Assert.Equal($"结果 {status}", reply);
        Assert.Equal(TurnOutcome.Answered, conversation.Last.Outcome);
    }

    [Theory]
    [InlineData("bad_throws", "The tool failed.")]
    [InlineData("bad_hangs", "The tool did not answer in time.")]
    [InlineData("bad_floods", "The tool's result is over the limit.")]
    public async Task A_broken_tool_is_a_sentence_for_the_model(string tool, string sentence)
    {
        using var model = new ScriptedChatClient().Calls(tool, new { }).Says("运费按地区收取。");
        await using var conversation = Conversation(model, new FakeRetriever().WhenPassage("运费", "《运费表》", "运费按地区收取。"), settings: tool == "bad_hangs" ? Quick : Patient);

        Assert.StartsWith("运费按地区收取。", await conversation.SayAsync("运费怎么算"), StringComparison.Ordinal);
        var result = model.Requests[1][^1].Contents.OfType<FunctionResultContent>().Single().Result?.ToString();
        Assert.Equal(sentence, result);
        Assert.True(result!.Length < 100);
    }

    [Fact]
    public async Task A_flow_reaches_only_the_tools_of_its_plugin()
    {
        await using var conversation = Conversation(add: services => services.AddPlugin<Other>());
        Assert.Equal("结果 Refused", await conversation.SayAsync("试试 other_fine"));
    }

    [Fact]
    public async Task Every_call_leaves_an_audit_row_without_customer_text()
    {
        await using var database = await TestStores.SqliteAsync(null, new MigrationSet("turns", typeof(TurnHandler).Assembly));
        var log = new RecordingLog();
        await using var provider = TestBot.Services(services => services.AddPlugin<Bad>().AddSingleton(database).AddSingleton<ILoggerProvider>(log).AddSingleton(TimeProvider.System), settings: Patient).BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();
        var gate = scope.ServiceProvider.GetRequiredService<Toolbox>().GateFor("kf:a:b", _ => true);
        var arguments = new Dictionary<string, object?> { ["text"] = "我住在幸福路1号" };

        await gate.InvokeAsync("bad_fine", arguments);
        await gate.InvokeAsync("bad_throws", arguments);
        await gate.InvokeAsync("bad_writes", arguments, new Confirmation("key-1", "m1"));
        await gate.InvokeAsync("我住在幸福路1号", arguments);

        var rows = await database.ReadAsync(async read => (await read.Connection.QueryAsync<(string, string, string, string, string?)>(
            "select conversation_id, tool, effect, status, idempotency_key from tool_call order by seq")).ToList());
        Assert.Equal(
            [("kf:a:b", "bad_fine", "Read", "Ok", null), ("kf:a:b", "bad_throws", "Read", "Failed", null), ("kf:a:b", "bad_writes", "Write", "Ok", "key-1"), ("kf:a:b", "unknown", "Unknown", "Refused", null)],
            rows);
        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.Contains("幸福路", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_away_does_not_undo_the_call()
    {
        await using var provider = TestBot.Services(services => services.AddPlugin<Bad>().AddSingleton<IDatabase>(new AwayDatabase()).AddSingleton(TimeProvider.System)).BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();

        var result = await scope.ServiceProvider.GetRequiredService<Toolbox>().GateFor("c", _ => true).InvokeAsync("bad_fine", new Dictionary<string, object?>());

        Assert.Equal(ToolStatus.Ok, result.Status);
    }

    [Fact]
    public async Task What_a_plugin_throws_is_logged_whole_at_trace_only()
    {
        var log = new RecordingLog();
        await using var conversation = Conversation(add: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log)));

        await conversation.SayAsync("炸掉");

        Assert.Contains(log.Lines, line => line.Contains("Flow try failed at step start with InvalidOperationException at ", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("Reply filter BrokenFilter failed with InvalidOperationException at ", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("boom", StringComparison.Ordinal));
        Assert.Contains(log.Traces, line => line.Contains("boom", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_turn_cancels_the_call()
    {
        await using var provider = TestBot.Services(services => services.AddPlugin<Bad>().AddSingleton(TimeProvider.System)).BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();
        using var cancel = new CancellationTokenSource();
        var call = scope.ServiceProvider.GetRequiredService<Toolbox>().GateFor("c", _ => true).InvokeAsync("bad_hangs", new Dictionary<string, object?>(), null, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_broken_flow_ends_with_an_apology_and_a_broken_filter_is_skipped()
    {
        await using var conversation = Conversation();

        Assert.Contains("系统出了点问题", await conversation.SayAsync("炸掉"), StringComparison.Ordinal);
        Assert.Null(conversation.State.Flow);
        Assert.EndsWith("（已过滤）", await conversation.SayAsync("你好"), StringComparison.Ordinal);
    }

    private static RecordingConversation Conversation(ScriptedChatClient? model = null, FakeRetriever? knowledge = null, Action<IServiceCollection>? add = null, Dictionary<string, string?>? settings = null) => TestBot.Conversation(
        knowledge,
        services =>
        {
            services.AddPlugin<Bad>().AddSingleton(TimeProvider.System);
            add?.Invoke(services);
        },
        model,
        settings ?? Patient);

    private sealed class Bad : IPlugin
    {
        public string Name => "bad";

        public void Configure(PluginBuilder plugin) => plugin
            .AddTool(AIFunctionFactory.Create(string (string? text = null) => throw new InvalidOperationException("text was " + text), "throws"), Effect.Read)
            .AddTool(AIFunctionFactory.Create(async (CancellationToken cancellationToken) => { await Task.Delay(Timeout.Infinite, cancellationToken); return ""; }, "hangs"), Effect.Read)
            .AddTool(AIFunctionFactory.Create(() => { new ManualResetEventSlim().Wait(TimeSpan.FromSeconds(2)); return ""; }, "blocks"), Effect.Read)
            .AddTool(AIFunctionFactory.Create(() => new string('x', 10 * 1024 * 1024), "floods"), Effect.Read)
            .AddTool(AIFunctionFactory.Create(Write, "writes"))
            .AddTool(AIFunctionFactory.Create(() => "好", "fine"), Effect.Read)
            .AddFlow<TryFlow>()
            .AddReplyFilter<BrokenFilter>()
            .AddReplyFilter<MarkFilter>();

        [ToolEffect(Effect.Write)]
        private static string Write(string idempotencyKey) => idempotencyKey;
    }

    private sealed class Other : IPlugin
    {
        public string Name => "other";

        public void Configure(PluginBuilder plugin) => plugin.AddTool(AIFunctionFactory.Create(() => "好", "fine"), Effect.Read);
    }

    private sealed class TryFlow : IFlow
    {
        public string Name => "try";

        public FlowStart Match(string text) => text.StartsWith("试试", StringComparison.Ordinal) || text == "炸掉" ? new FlowStart(1, new Dictionary<string, string>()) : FlowStart.No;

        public async Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default)
        {
            if (context.Text == "炸掉")
            {
                throw new InvalidOperationException("boom");
            }

            var result = await context.Tools.InvokeAsync(context.Text[3..], new Dictionary<string, object?>(), null, cancellationToken);
            return new FlowStep([new TextPart($"结果 {result.Status}")], null);
        }
    }

    private sealed class BrokenFilter : IReplyFilter
    {
        public ValueTask<TurnResult> FilterAsync(TurnContext turn, TurnResult result, CancellationToken cancellationToken = default) => throw new InvalidOperationException("boom");
    }

    private sealed class MarkFilter : IReplyFilter
    {
        public ValueTask<TurnResult> FilterAsync(TurnContext turn, TurnResult result, CancellationToken cancellationToken = default) => ValueTask.FromResult(
            result.Intent.Name.StartsWith("courtesy", StringComparison.Ordinal) ? result with { Reply = [.. result.Reply, new TextPart("（已过滤）")] } : result);
    }

    private sealed class AwayDatabase : IDatabase
    {
        public Dialect Dialect => Dialect.Sqlite;

        public Signals Signals { get; } = new();

        public Task<T> WriteAsync<T>(Func<WriteScope, Task<T>> work, CancellationToken cancellationToken = default) => throw new StoreUnavailableException("away");

        public Task<T> ReadAsync<T>(Func<ReadScope, Task<T>> work, CancellationToken cancellationToken = default) => throw new StoreUnavailableException("away");

        public Task MigrateAsync(IEnumerable<MigrationSet> sets, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class RecordingLog : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public List<string> Traces { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                (logLevel == LogLevel.Trace ? Traces : Lines).Add(formatter(state, exception) + exception);
            }
        }

        public void Dispose()
        {
        }
    }
}
