using SmartService.Evals.Crash;
using SmartService.Evals.Suites;

namespace SmartService.Evals.Tests.Crash;

public sealed class SyntheticCustomersTests
{
    [Fact]
    public void Made_up_customers_have_a_lot_to_say_and_say_different_things()
    {
        var scripts = SyntheticCustomers.Write(customers: 5, messagesPerCustomer: 100, seed: 1);

        Assert.Equal(5, scripts.Count);
        Assert.All(scripts, script => Assert.Equal(100, script.MessageCount));
        Assert.True(scripts.SelectMany(script => script.Steps).SelectMany(step => step.Fragments).Distinct().Count() >= 20);
    }

    [Fact]
    public async Task Several_servers_without_a_shared_store_are_refused()
    {
        var options = new CrashOptions("server", "folder", "shop", Kills: 1) { Servers = 2 };

        var exception = await Assert.ThrowsAsync<EvalException>(
            () => CrashRun.RunAsync(options, new Progress<SuiteProgress>(), TestContext.Current.CancellationToken));

        Assert.Contains("--postgres", exception.Message, StringComparison.Ordinal);
    }
}
