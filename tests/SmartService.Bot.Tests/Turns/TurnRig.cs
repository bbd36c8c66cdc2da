using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartService.Bot.Delivery;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing.Turns;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Turns;

/// <summary>One server with a scripted handler and a recorded channel, over a given store. Steps are taken by hand, or by the real loops.</summary>
internal sealed class TurnRig : IAsyncDisposable
{
    public const string Channel = "kf";
    public const string Account = "wk1";

    private readonly ServiceProvider _services;
    private readonly TimeProvider _clock;
    private int _number;

    public TurnRig(IDatabase database, TimeProvider clock, RecordingChannel? channel = null, Dictionary<string, string?>? settings = null)
    {
        Database = database;
        _clock = clock;
        Sends = channel ?? new RecordingChannel(Channel);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(clock);
        services.AddSingleton(database);
        services.AddSingleton<IChannel>(Sends);
        services.AddSingleton<IMessageSource>(Source);
        services.AddScoped<ITurnHandler>(_ => Handler);
        services.AddTurns(new ConfigurationBuilder().AddInMemoryCollection(settings ?? []).Build());
        _services = services.BuildServiceProvider(validateScopes: true);
    }

    public IDatabase Database { get; }

    public ScriptedTurnHandler Handler { get; } = new();

    public RecordingChannel Sends { get; }

    public FakeMessageSource Source { get; } = new(Channel);

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public Inbox Inbox => Get<Inbox>();

    public static string IdOf(string customer) => ConversationId.Of(Channel, Account, customer);

    public InboundMessage Text(string customer, string text, string? id = null, string? menuId = null) =>
        Message(customer, MessageOrigin.Customer, new TextBody(text, menuId), id);

    public InboundMessage Event(string customer, string kind, params (string Key, string Value)[] fields) =>
        Message(customer, MessageOrigin.System, new EventBody(kind, fields.ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal)));

    public InboundMessage Message(string customer, MessageOrigin origin, MessageBody body, string? id = null) =>
        new()
        {
            Channel = Channel,
            Account = Account,
            Customer = customer,
            MessageId = id ?? $"m{Interlocked.Increment(ref _number)}",
            SentAt = _clock.GetUtcNow(),
            Origin = origin,
            Body = body,
        };

    public Task<int> AcceptAsync(params InboundMessage[] messages) => Inbox.AcceptAsync(messages);

    public Task<int> PullAsync() => Get<AccountPuller>().RunOnceAsync(CancellationToken.None);

    public Task<int> TurnAsync() => Get<TurnWorker>().RunOnceAsync(CancellationToken.None);

    public Task<int> SendAsync() => Get<ReplySender>().RunOnceAsync(CancellationToken.None);

    /// <summary>Runs the loops of the server until disposed.</summary>
    public async Task<IAsyncDisposable> RunAsync()
    {
        var loops = _services.GetServices<IHostedService>().ToList();
        foreach (var loop in loops)
        {
            await loop.StartAsync(CancellationToken.None);
        }

        return new Running(loops);
    }

    public Task<ConversationRow> ConversationAsync(string customer) =>
        Database.ReadAsync(scope => scope.Connection.QuerySingleAsync<ConversationRow>(
            """
            select owner as Owner, agent as Agent, handoff_reason as HandoffReason, due_at as DueAt, deliver_at as DeliverAt, attempts as Attempts, fence as Fence, lease_until as LeaseUntil,
              unread as Unread, budget_used as BudgetUsed, window_from as WindowFrom, dialogue as Dialogue from conversation where id = @id
            """,
            new { id = IdOf(customer) }));

    public Task<IReadOnlyList<string>> MessageStatesAsync(string customer) => ListAsync("select state from message where conversation_id = @id order by seq", customer);

    public Task<IReadOnlyList<string>> ReplyStatesAsync(string customer) => ListAsync("select state from reply where conversation_id = @id order by seq", customer);

    public Task<IReadOnlyList<string>> OutcomesAsync(string customer) => ListAsync("select outcome from turn where conversation_id = @id order by finished_at, seq", customer);

    public Task<long> LastSeqAsync(string table, string customer) =>
        Database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<long>($"select max(seq) from {table} where conversation_id = @id", new { id = IdOf(customer) }));

    public Task<int> ExecuteAsync(string sql, object? parameters = null) =>
        Database.WriteAsync(scope => scope.Connection.ExecuteAsync(sql, parameters, scope.Transaction));

    public Task SetOwnerAsync(string customer, ConversationOwner owner) =>
        ExecuteAsync("update conversation set owner = @owner where id = @id", new { owner = owner.ToString(), id = IdOf(customer) });

    public static TurnResult HandOff(TurnContext turn, string notice) =>
        new() { Outcome = TurnOutcome.HandedOff, State = turn.State, Handoff = HandoffReason.Requested, Reply = [new TextPart(notice)] };

    public async ValueTask DisposeAsync() => await _services.DisposeAsync();

    private Task<IReadOnlyList<string>> ListAsync(string sql, string customer) =>
        Database.ReadAsync<IReadOnlyList<string>>(async scope => (await scope.Connection.QueryAsync<string>(sql, new { id = IdOf(customer) })).AsList());

    private sealed class Running(List<IHostedService> loops) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var loop in loops)
            {
                await loop.StopAsync(CancellationToken.None);
            }
        }
    }
}

internal sealed class ConversationRow
{
    public ConversationOwner Owner { get; init; }

    public string? Agent { get; init; }

    public string? HandoffReason { get; init; }

    public long? DueAt { get; init; }

    public long? DeliverAt { get; init; }

    public int Attempts { get; init; }

    public long Fence { get; init; }

    public long? LeaseUntil { get; init; }

    public int Unread { get; init; }

    public int BudgetUsed { get; init; }

    public long? WindowFrom { get; init; }

    public string Dialogue { get; init; } = "";
}
