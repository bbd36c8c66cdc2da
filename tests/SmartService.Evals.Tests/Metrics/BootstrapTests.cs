using SmartService.Evals.Metrics;

namespace SmartService.Evals.Tests.Metrics;

public sealed class BootstrapTests
{
    [Fact]
    public void The_interval_of_a_share_is_close_to_the_normal_approximation()
    {
        // 80 of 100: 0.8 +- 1.96 * sqrt(0.8 * 0.2 / 100) = 0.8 +- 0.078.
        var interval = Bootstrap.Share(Outcomes(80, 20));

        Assert.Equal(0.722, interval.Low, 0.02);
        Assert.Equal(0.878, interval.High, 0.02);
    }

    [Fact]
    public void Equal_outcomes_have_an_interval_without_width() => Assert.Equal(new Interval(1, 1), Bootstrap.Share(Outcomes(30, 0)));

    [Fact]
    public void Pairs_see_a_small_steady_loss_that_unpaired_runs_hide_in_noise()
    {
        // The same 100 questions; the second run loses 8 of the 80 and gains none: -0.08 +- 1.96 * sqrt(0.0736 / 100) = -0.08 +- 0.053.
        var (first, second) = (Outcomes(80, 20), Outcomes(72, 28));

        var paired = Bootstrap.PairedDifference(first, second);
        var unpaired = Bootstrap.UnpairedDifference(first, second);

        Assert.Equal(-0.133, paired.Low, 0.02);
        Assert.Equal(-0.027, paired.High, 0.02);
        Assert.True(unpaired.High > 0);
    }

    [Fact]
    public void Unpaired_runs_may_have_different_sizes()
    {
        var interval = Bootstrap.UnpairedDifference(Outcomes(10, 90), Outcomes(45, 5));

        Assert.True(interval is { Low: > 0.6, High: < 1 });
    }

    [Fact]
    public void Equal_outcomes_give_equal_intervals() => Assert.Equal(Bootstrap.Share(Outcomes(3, 4)), Bootstrap.Share(Outcomes(3, 4)));

    [Fact]
    public void Pairs_of_different_length_are_a_bug() => Assert.Throws<ArgumentException>(() => Bootstrap.PairedDifference(Outcomes(1, 1), Outcomes(1, 2)));

    [Fact]
    public void No_outcomes_are_a_bug() => Assert.Throws<ArgumentException>(() => Bootstrap.Share([]));

    private static bool[] Outcomes(int right, int wrong) => [.. Enumerable.Repeat(true, right), .. Enumerable.Repeat(false, wrong)];
}
