using SmartService.Evals.Metrics;

namespace SmartService.Evals.Tests.Metrics;

public sealed class PercentileTests
{
    // By hand, sorted: 3 5 9 12 20. Ranks: ceil(0.5 * 5) = 3, ceil(0.99 * 5) = 5, ceil(0.2 * 5) = 1, ceil(0.21 * 5) = 2.
    [Theory]
    [InlineData(0, 3)]
    [InlineData(0.2, 3)]
    [InlineData(0.21, 5)]
    [InlineData(0.5, 9)]
    [InlineData(0.99, 20)]
    [InlineData(1, 20)]
    public void A_percentile_is_a_measured_value_by_nearest_rank(double share, double expected) =>
        Assert.Equal(expected, Percentile.Of([12, 3, 20, 5, 9], share));

    [Fact]
    public void The_99th_of_200_values_is_the_198th() =>
        Assert.Equal(198, Percentile.Of([.. Enumerable.Range(1, 200).Select(value => (double)value)], 0.99));

    [Fact]
    public void Of_nothing_there_is_no_percentile() => Assert.Null(Percentile.Of([], 0.5));

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    public void A_share_outside_0_and_1_is_a_bug(double share) => Assert.Throws<ArgumentOutOfRangeException>(() => Percentile.Of([1], share));
}
