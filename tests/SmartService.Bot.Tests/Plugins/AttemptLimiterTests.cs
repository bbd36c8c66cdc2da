using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Plugins;
using SmartService.Data;
using SmartService.Plugins;
using SmartService.Testing;
using SmartService.Testing.Stores;

namespace SmartService.Bot.Tests.Plugins;

public sealed class AttemptLimiterTests
{
    private static readonly MigrationSet Bot = new("bot", typeof(TurnHandler).Assembly);

    [Theory]
    [InlineData("memory")]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Failures_are_counted_across_turns_and_forgotten_after_the_window(string store)
    {
        var time = new FakeTimeProvider(TestBot.Start);
        await using var database = store switch
        {
            "sqlite" => await TestStores.SqliteAsync(time, Bot),
            "postgres" => await TestStores.PostgresAsync(time, Bot),
            _ => null,
        };
        await using var services = Services(database, time);

        for (var attempt = 0; attempt < 5; attempt++)
        {
            Assert.True(await BeginAsync(services, "c1", "order"));
        }

        Assert.False(await BeginAsync(services, "c1", "order"));
        Assert.False(await BeginAsync(services, "c2", "order"));
        Assert.False(await BeginAsync(services, "c1", "other"));
        Assert.True(await BeginAsync(services, "c2", "other"));

        await Use(services, "c1", limiter => limiter.TakeBackAsync("t", "order"));
        Assert.True(await BeginAsync(services, "c1", "order"));
        Assert.False(await BeginAsync(services, "c1", "order"));

        // PostgreSQL has a clock of its own.
        if (store != "postgres")
        {
            time.Advance(TimeSpan.FromHours(25));
            Assert.True(await BeginAsync(services, "c1", "order"));
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Guesses_at_the_same_time_do_not_slip_through(string store)
    {
        await using var database = store == "sqlite" ? await TestStores.SqliteAsync(null, Bot) : await TestStores.PostgresAsync(null, Bot);
        await using var services = Services(database, TimeProvider.System);

        var allowed = await Task.WhenAll(Enumerable.Range(0, 20).Select(guess => BeginAsync(services, $"c{guess}", "order")));

        Assert.Equal(5, allowed.Count(one => one));
    }

    private static ServiceProvider Services(IDatabase? database, TimeProvider time) => TestBot.Services(services =>
    {
        services.AddSingleton(time);
        if (database is not null)
        {
            services.AddSingleton(database);
        }
    }).BuildServiceProvider();

    private static Task<bool> BeginAsync(ServiceProvider services, string conversation, string subject) => Use(services, conversation, limiter => limiter.BeginAsync("t", subject));

    private static async Task<T> Use<T>(ServiceProvider services, string conversation, Func<IAttemptLimiter, Task<T>> use)
    {
        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CallingConversation>().Id = conversation;
        return await use(scope.ServiceProvider.GetRequiredService<IAttemptLimiter>());
    }

    private static Task<bool> Use(ServiceProvider services, string conversation, Func<IAttemptLimiter, Task> use) => Use(services, conversation, async limiter =>
    {
        await use(limiter);
        return true;
    });
}
