using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class CrashHistoryTests
{
    private static readonly ModelSupervisionOptions Options = new()
    {
        MaxCrashes = 4,
        CrashWindow = TimeSpan.FromMinutes(10),
        Backoff = TimeSpan.FromSeconds(1),
        OpenFor = TimeSpan.FromMinutes(1),
        MaxOpenFor = TimeSpan.FromMinutes(3),
    };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_first_restart_is_immediate_later_ones_wait_and_the_last_one_long()
    {
        var history = new CrashHistory(Options, _time);
        Assert.Equal(
            [new(TimeSpan.Zero, false), new(TimeSpan.FromSeconds(1), false), new(TimeSpan.FromSeconds(2), false), new(TimeSpan.FromMinutes(1), true), new(TimeSpan.FromMinutes(2), true), new(TimeSpan.FromMinutes(3), true)],
            Enumerable.Range(0, 6).Select(_ => history.Record()));
    }

    [Fact]
    public void Crashes_long_ago_do_not_count()
    {
        var history = new CrashHistory(Options, _time);
        for (var crash = 0; crash < 20; crash++)
        {
            Assert.False(history.Record().IsOpen);
            _time.Advance(TimeSpan.FromMinutes(4));
        }
    }

    [Fact]
    public void Waits_grow_to_their_limit_and_no_wait_stays_none()
    {
        var patient = new CrashHistory(Options with { MaxCrashes = 10_000, MaxBackoff = TimeSpan.FromSeconds(30) }, _time);
        Assert.Equal(TimeSpan.FromSeconds(30), Enumerable.Range(0, 2000).Select(_ => patient.Record().After).ToList()[^1]);
        var eager = new CrashHistory(Options with { MaxCrashes = 10_000, Backoff = TimeSpan.Zero }, _time);
        Assert.All(Enumerable.Range(0, 2000), _ => Assert.Equal(TimeSpan.Zero, eager.Record().After));
    }

    [Fact]
    public void A_quiet_window_forgives_everything()
    {
        var history = new CrashHistory(Options, _time);
        for (var crash = 0; crash < 8; crash++)
        {
            history.Record();
        }

        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(new Restart(TimeSpan.Zero, false), history.Record());
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1)], Enumerable.Range(0, 3).Select(_ => history.Record().After));
    }
}
