using System.Globalization;
using SmartService.Evals.Crash;
using SmartService.Evals.Suites;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests.Crash;

/// <summary>
/// The built server as a process of its own, killed with kill -9 while customers write. SMARTSERVICE_KILLS says how often;
/// the full run of 50 is <c>run crash</c> of the evaluations, which is this code.
/// </summary>
public sealed class CrashTests
{
    private static readonly int Kills =
        int.TryParse(Environment.GetEnvironmentVariable("SMARTSERVICE_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out var kills) ? kills : 4;

    [Fact]
    public async Task Killed_at_random_moments_a_server_answers_every_message_exactly_once() =>
        await CheckAsync(new CrashOptions(BuiltServer.Path, TempFolder.Create(), RepositoryPaths.SampleShop, Kills));

    [Fact]
    public async Task Of_two_servers_on_one_postgres_one_is_killed_and_nothing_is_lost_or_repeated() =>
        await CheckAsync(new CrashOptions(BuiltServer.Path, TempFolder.Create(), RepositoryPaths.SampleShop, Kills)
        {
            Servers = 2,
            Postgres = await TestStores.PostgresConnectionStringAsync(),
        });

    private static async Task CheckAsync(CrashOptions options)
    {
        var result = await CrashRun.RunAsync(options with { Customers = 20 }, new NoProgress(), TestContext.Current.CancellationToken);

        var (audit, report) = (result.Observed.Audit, result.Observed.Report);
        Assert.True(result.Observed.Quiet, "The server still had something to do two minutes after the last message.");
        Assert.Empty(audit.Lost);
        Assert.Equal(audit.Messages, audit.Accepted);
        Assert.Equal((0, 0, 0, 0, 0), (audit.Duplicates, audit.OrderViolations, audit.Unrecorded, audit.ClaimedOnly, audit.Undelivered));
        Assert.Equal(0, report.IllegalSends);

        // A run in which nobody wrote or nothing was said would prove nothing.
        Assert.True(audit.Messages >= 10 && audit.Sends >= 10, $"Only {audit.Messages} messages and {audit.Sends} replies.");
    }
}
