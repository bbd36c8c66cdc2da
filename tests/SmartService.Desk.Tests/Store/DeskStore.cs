using Dapper;
using SmartService.Bot.Desk;
using SmartService.Channels;
using SmartService.Data;
using SmartService.Testing.Desk;
using SmartService.Testing.Stores;

namespace SmartService.Desk.Tests.Store;

/// <summary>The desk's queries and acts over a fresh store.</summary>
public sealed class DeskStore : IAsyncDisposable
{
    private DeskStore(IDatabase database)
    {
        IChannel[] channels = [new FakeChannel()];
        Database = database;
        Seed = new ConversationSeed(database);
        Desk = new ConversationDesk(database, channels);
        Queue = new ConversationQueue(database);
        Log = new ConversationLog(database, channels);
        Drafts = new Drafts(database);
        Troubles = new Troubles(database);
    }

    public IDatabase Database { get; }

    public ConversationSeed Seed { get; }

    public ConversationDesk Desk { get; }

    public ConversationQueue Queue { get; }

    public ConversationLog Log { get; }

    public Drafts Drafts { get; }

    public Troubles Troubles { get; }

    public static async Task<DeskStore> OpenAsync(string kind, TimeProvider? time = null) => new(kind == "postgres"
        ? await TestStores.PostgresAsync(time, ConversationSeed.Migrations, DeskServices.Migrations)
        : await TestStores.SqliteAsync(time, ConversationSeed.Migrations, DeskServices.Migrations));

    public Agents Agents(TimeProvider? time = null) => new(Database, new SignInGuard(time ?? TimeProvider.System));

    public Task<List<T>> QueryAsync<T>(string sql, object? parameters = null) =>
        Database.ReadAsync(async scope => (await scope.Connection.QueryAsync<T>(sql, parameters)).AsList(), TestContext.Current.CancellationToken);

    public Task ExecuteAsync(string sql, object? parameters = null) =>
        Database.WriteAsync(scope => scope.Connection.ExecuteAsync(sql, parameters, scope.Transaction), TestContext.Current.CancellationToken);

    public async Task<List<LogEntry>> EntriesAsync(string id) =>
        [.. (await Log.PageAsync(id, LogCursor.Newest, 100, TestContext.Current.CancellationToken)).Entries];

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}

/// <summary>Both kinds of store.</summary>
public sealed class StoreKinds : TheoryData<string>
{
    public StoreKinds()
    {
        Add("sqlite");
        Add("postgres");
    }
}
