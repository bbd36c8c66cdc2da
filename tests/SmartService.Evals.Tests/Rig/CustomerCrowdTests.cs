using SmartService.Evals.Replay;
using SmartService.Evals.Rig;

namespace SmartService.Evals.Tests.Rig;

public sealed class CustomerCrowdTests
{
    private static readonly CrowdOptions Options = new("wk", MessagesPerSecond: 500, TimeSpan.FromSeconds(30), Seed: 1) { LookEvery = TimeSpan.FromMilliseconds(5) };

    [Fact]
    public async Task Everything_is_written_in_each_customers_order()
    {
        await using var platform = await PlatformDouble.StartAsync();
        var crowd = new CustomerCrowd(platform.Control, Options, TimeProvider.System);
        var reported = 0;

        await crowd.PlayAsync(
            [Script("wm1", ["a1"], ["a2", "a3"]), Script("wm2", ["b1", "b2"], ["b3"])],
            _ => Interlocked.Increment(ref reported), CancellationToken.None, TestContext.Current.CancellationToken);

        Assert.Equal((6, 6), (crowd.Written, reported));
        Assert.Equal(["a1", "a2", "a3"], Of(platform, "wm1"));
        Assert.Equal(["b1", "b2", "b3"], Of(platform, "wm2"));
        Assert.Equal(0, crowd.ComeBacks);
    }

    [Fact]
    public async Task A_customer_who_waits_in_vain_asks_for_the_bot_again()
    {
        await using var platform = await PlatformDouble.StartAsync();
        platform.Answers = text => text != "a1";
        var crowd = new CustomerCrowd(platform.Control, Options with { Patience = TimeSpan.FromMilliseconds(50), ComeBack = "bot" }, TimeProvider.System);

        await crowd.PlayAsync([Script("wm1", ["a1"], ["a2"])], null, CancellationToken.None, TestContext.Current.CancellationToken);

        Assert.Equal(["a1", "bot", "a2"], Of(platform, "wm1"));
        Assert.Equal((2, 1), (crowd.Written, crowd.ComeBacks));
    }

    [Fact]
    public async Task A_customer_writes_no_further_step_before_the_answer()
    {
        await using var platform = await PlatformDouble.StartAsync();
        platform.Answers = _ => false;
        var crowd = new CustomerCrowd(platform.Control, Options, TimeProvider.System);
        using var enough = new CancellationTokenSource();
        var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var play = crowd.PlayAsync([Script("wm1", ["a1", "a2"], ["a3"])], written => stop.CancelAfter(written == 2 ? 300 : 30_000), enough.Token, stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => play);
        Assert.Equal(["a1", "a2"], Of(platform, "wm1"));
    }

    [Fact]
    public async Task Enough_ends_the_play_after_the_step_in_progress()
    {
        await using var platform = await PlatformDouble.StartAsync();
        var crowd = new CustomerCrowd(platform.Control, Options, TimeProvider.System);
        using var enough = new CancellationTokenSource();

        await crowd.PlayAsync(
            [Script("wm1", [.. Enumerable.Range(0, 1000).Select(number => new[] { "a" + number })])],
            written => _ = written == 3 ? enough.CancelAsync() : null, enough.Token, TestContext.Current.CancellationToken);

        Assert.InRange(crowd.Written, 3, 50);
    }

    private static CustomerScript Script(string customer, params string[][] steps) =>
        new(customer, [.. steps.Select(step => new ScriptStep(step, [.. Enumerable.Repeat(TimeSpan.FromMilliseconds(5), step.Length - 1)]))]);

    private static IEnumerable<string> Of(PlatformDouble platform, string customer) =>
        platform.Written.Where(one => one.Customer == customer).Select(one => one.Text);
}
