using System.Diagnostics;
using Dapper;
using SmartService.Bot.Tests.Turns;
using SmartService.Data;
using SmartService.Testing.Stores;

namespace SmartService.Bot.Tests.Kill;

/// <summary>How long a durable accept takes at 200 single messages a second. Run by hand: <c>-explicit only -class …AcceptTimings</c>.</summary>
public sealed class AcceptTimings(ITestOutputHelper output)
{
    [Fact(Explicit = true)]
    public async Task Sqlite_at_200_messages_a_second() =>
        await MeasureAsync(await TestStores.SqliteAsync(null, new MigrationSet("bot", typeof(Inbox).Assembly)));

    [Fact(Explicit = true)]
    public async Task Postgres_at_200_messages_a_second() =>
        await MeasureAsync(await TestStores.PostgresAsync(null, new MigrationSet("bot", typeof(Inbox).Assembly)));

    private async Task MeasureAsync(IDatabase database)
    {
        await using var owned = database;
        await using var rig = new TurnRig(database, TimeProvider.System);
        const int Count = 4000;
        var accepts = new List<Task<(TimeSpan Accept, TimeSpan Bell)>>(Count);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++)
        {
            var wait = TimeSpan.FromMilliseconds(5 * i) - clock.Elapsed;
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait);
            }

            var message = rig.Text($"c{i % 200}", "这个沙发多少钱");
            accepts.Add(Task.Run(async () =>
            {
                var bell = Stopwatch.StartNew();
                await rig.Inbox.RingAsync("kf", "wk1", "token");
                var rung = bell.Elapsed;
                var accept = Stopwatch.StartNew();
                await rig.Inbox.AcceptAsync([message]);
                return (accept.Elapsed, rung);
            }));
        }

        var timings = await Task.WhenAll(accepts);
        output.WriteLine($"{Count / clock.Elapsed.TotalSeconds:F0} messages/s; accept {Show(timings.Select(t => t.Accept))}; bell {Show(timings.Select(t => t.Bell))}");
        Assert.Equal(Count, await database.ReadAsync(scope => scope.Connection.ExecuteScalarAsync<int>("select count(*) from message")));
    }

    private static string Show(IEnumerable<TimeSpan> timings)
    {
        var sorted = timings.Select(timing => timing.TotalMilliseconds).Order().ToList();
        return $"p50 {sorted[sorted.Count / 2]:F1} ms, p99 {sorted[sorted.Count * 99 / 100]:F1} ms, max {sorted[^1]:F1} ms";
    }
}
