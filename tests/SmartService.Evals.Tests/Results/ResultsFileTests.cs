using SmartService.Evals.Results;
using SmartService.Testing.Stores;

namespace SmartService.Evals.Tests.Results;

public sealed class ResultsFileTests
{
    private static readonly RunResults Run = new(
        new DateTimeOffset(2026, 11, 25, 10, 0, 0, TimeSpan.FromHours(8)),
        new Machine("Debian", ".NET 10", 2),
        [
            new SuiteResult("shop", [Metric.Share("right", new Dictionary<string, bool> { ["a"] = true, ["b"] = true, ["c"] = false, ["d"] = true }), Metric.Zero("lost", 2)])
            {
                Settings = new Dictionary<string, string> { ["seed"] = "1" },
                Findings = ["2 messages lost: NotTaken."],
                DurationSeconds = 3,
            },
        ]);

    [Fact]
    public async Task What_is_written_is_read_again()
    {
        var folder = Path.Combine(TempFolder.Create(), "new");
        await ResultsFile.WriteAsync(folder, Run, TestContext.Current.CancellationToken);

        var read = await ResultsFile.ReadAsync(folder, TestContext.Current.CancellationToken);

        var suite = Assert.Single(read.Suites);
        Assert.Equal((Run.StartedAt, Run.Machine), (read.StartedAt, read.Machine));
        Assert.Equal(["right", "lost"], suite.Metrics.Select(metric => metric.Name));
        Assert.Equal((0.75, MetricUnit.Share, Better.Higher, 4), (suite.Metrics[0].Value, suite.Metrics[0].Unit, suite.Metrics[0].Better, suite.Metrics[0].Outcomes!.Count));
        Assert.Equal("1", suite.Settings["seed"]);
        Assert.Equal(Run.Suites[0].Findings, suite.Findings);
    }

    [Fact]
    public async Task A_missing_file_is_named()
    {
        var exception = await Assert.ThrowsAsync<EvalException>(() => ResultsFile.ReadAsync("/nowhere", TestContext.Current.CancellationToken));

        Assert.Contains("/nowhere", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"suites":[]}""")]
    public async Task A_file_that_is_no_results_file_is_refused(string content)
    {
        var path = Path.Combine(TempFolder.Create(), "results.json");
        await File.WriteAllTextAsync(path, content, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<EvalException>(() => ResultsFile.ReadAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_report_shows_shares_with_intervals_and_marks_what_must_not_happen()
    {
        var text = Report.Of(Run);

        Assert.Contains("| right | 75.0 % (3 of 4; 95 %:", text, StringComparison.Ordinal);
        Assert.Contains("| lost | 2 | **must be 0** |", text, StringComparison.Ordinal);
        Assert.Contains("- 2 messages lost: NotTaken.", text, StringComparison.Ordinal);
        Assert.Contains("seed = 1", text, StringComparison.Ordinal);
        Assert.Contains("2 cores", text, StringComparison.Ordinal);
        Assert.Contains("**Something happened", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_is_written_beside_the_results()
    {
        var folder = TempFolder.Create();

        await Report.WriteAsync(folder, Run, TestContext.Current.CancellationToken);

        Assert.Equal(Report.Of(Run), await File.ReadAllTextAsync(Path.Combine(folder, "report.md"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0.5, MetricUnit.Share, "50.0 %")]
    [InlineData(12.34, MetricUnit.Milliseconds, "12.3 ms")]
    [InlineData(90, MetricUnit.Seconds, "90.0 s")]
    [InlineData(2000, MetricUnit.Count, "2,000")]
    public void Values_carry_their_unit(double value, MetricUnit unit, string expected) => Assert.Equal(expected, Report.FormatValue(value, unit));

    [Fact]
    public void Timings_of_nothing_are_left_out() => Assert.Empty(Metric.Timings("reply", []));

    [Fact]
    public void Timings_are_median_95th_and_99th() =>
        Assert.Equal([("reply_p50", 2d), ("reply_p95", 3d), ("reply_p99", 3d)], Metric.Timings("reply", [3, 1, 2]).Select(metric => (metric.Name, metric.Value)));
}
