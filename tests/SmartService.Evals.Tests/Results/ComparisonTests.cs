using SmartService.Evals.Results;

namespace SmartService.Evals.Tests.Results;

public sealed class ComparisonTests
{
    [Fact]
    public void A_loss_beyond_noise_is_worse()
    {
        var difference = Compare(Share(right: 90, wrong: 10), Share(right: 60, wrong: 40));

        Assert.Equal(Verdict.Worse, difference.Verdict);
        Assert.Contains("paired", difference.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_within_noise_is_the_same() => Assert.Equal(Verdict.Same, Compare(Share(90, 10), Share(89, 11)).Verdict);

    [Fact]
    public void A_gain_beyond_noise_is_better() => Assert.Equal(Verdict.Better, Compare(Share(60, 40), Share(90, 10)).Verdict);

    [Fact]
    public void Runs_over_other_questions_are_compared_unpaired() =>
        Assert.Contains("unpaired", Compare(Share(60, 40), Share(90, 20)).Why, StringComparison.Ordinal);

    [Fact]
    public void Less_is_better_for_a_share_that_counts_mistakes() =>
        Assert.Equal(Verdict.Worse, Compare(Share(2, 98, Better.Lower), Share(30, 70, Better.Lower)).Verdict);

    [Theory]
    [InlineData(0, 1, Verdict.Worse)]
    [InlineData(0, 0, Verdict.Same)]
    [InlineData(3, 1, Verdict.Better)]
    public void One_thing_that_must_not_happen_is_worse(double before, double after, Verdict expected) =>
        Assert.Equal(expected, Compare(Metric.Zero("lost", before), Metric.Zero("lost", after)).Verdict);

    [Theory]
    [InlineData(100, 149, Verdict.Same)]
    [InlineData(100, 151, Verdict.Worse)]
    [InlineData(151, 100, Verdict.Better)]
    [InlineData(5, 24, Verdict.Same)]
    [InlineData(5, 26, Verdict.Worse)]
    public void Timings_have_a_tolerance(double before, double after, Verdict expected) =>
        Assert.Equal(expected, Compare(Milliseconds(before), Milliseconds(after)).Verdict);

    [Fact]
    public void Plain_counts_are_not_judged() => Assert.Equal(Verdict.Same, Compare(Metric.Count("turns", 10), Metric.Count("turns", 1000)).Verdict);

    [Fact]
    public void A_metric_that_is_gone_is_worse()
    {
        var difference = Assert.Single(Comparison.Of(Run(Milliseconds(1)), Run()));

        Assert.Equal((Verdict.Worse, "missing in the run"), (difference.Verdict, difference.Why));
    }

    [Theory]
    [InlineData(0, Verdict.New)]
    [InlineData(2, Verdict.Worse)]
    public void A_new_metric_is_judged_only_when_it_must_be_zero(double value, Verdict expected) =>
        Assert.Equal(expected, Assert.Single(Comparison.Of(Run(), Run(Metric.Zero("order", value)))).Verdict);

    [Fact]
    public void A_suite_that_the_run_lacks_is_worse() =>
        Assert.Equal(Verdict.Worse, Assert.Single(Comparison.Of(Run(Metric.Zero("lost", 0)), Run() with { Suites = [] })).Verdict);

    private static Difference Compare(Metric before, Metric after) => Assert.Single(Comparison.Of(Run(before), Run(after)));

    private static Metric Milliseconds(double value) => new("p99", value, MetricUnit.Milliseconds, Better.Lower);

    private static Metric Share(int right, int wrong, Better better = Better.Higher) =>
        Metric.Share("right", Enumerable.Range(0, right + wrong).ToDictionary(id => $"q{id:D3}", id => id < right), better);

    private static RunResults Run(params Metric[] metrics) =>
        new(DateTimeOffset.UnixEpoch, new Machine("test", "test", 2), [new SuiteResult("shop", metrics)]);
}
