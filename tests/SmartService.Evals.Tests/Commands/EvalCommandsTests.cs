using SmartService.Evals.Commands;
using SmartService.Evals.Results;
using SmartService.Evals.Suites;
using SmartService.Testing.Stores;
using Spectre.Console;

namespace SmartService.Evals.Tests.Commands;

public sealed class EvalCommandsTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task List_names_every_suite_and_says_that_there_are_no_tasks_yet()
    {
        Assert.Equal(0, await InvokeAsync("list"));

        Assert.All(EvalSuites.All, suite => Assert.Contains(suite.Name, _output.ToString(), StringComparison.Ordinal));
        Assert.Contains("none", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("intent", "later release")]
    [InlineData("nonsense", "no task nonsense")]
    public async Task Predict_refuses_with_a_sentence(string task, string expected)
    {
        Assert.Equal(2, await InvokeAsync("predict", task, "--fit", "a.jsonl", "b.jsonl", "--input", "c.jsonl", "--out", "d.jsonl"));

        Assert.Contains(expected, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_refuses_an_unknown_suite_and_names_the_known()
    {
        Assert.Equal(2, await InvokeAsync("run", "nonsense", "--out", TempFolder.Create()));

        Assert.Contains("replay", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_says_where_data_is_missing()
    {
        var nowhere = TempFolder.Create();

        Assert.Equal(2, await InvokeAsync("run", "replay", "--data", nowhere, "--out", nowhere));

        Assert.Contains("--data", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_refuses_a_setting_that_is_none()
    {
        Assert.Equal(2, await InvokeAsync("run", "replay", "--set", "Turns:Debounce", "--out", TempFolder.Create()));

        Assert.Contains("NAME=VALUE", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_ends_with_1_when_something_got_worse_and_names_it()
    {
        var (before, after) = (await WriteAsync(lost: 0), await WriteAsync(lost: 3));

        Assert.Equal(1, await InvokeAsync("compare", before, after));

        Assert.Contains("lost", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1 metrics got worse", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compare_ends_with_0_when_nothing_got_worse()
    {
        var (before, after) = (await WriteAsync(lost: 3), await WriteAsync(lost: 0));

        Assert.Equal(0, await InvokeAsync("compare", before, after));
    }

    [Fact]
    public async Task Compare_ends_with_2_when_there_is_nothing_to_compare()
    {
        Assert.Equal(2, await InvokeAsync("compare", "/nowhere", "/nowhere"));

        Assert.Contains("/nowhere", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task A_run_leaves_results_and_report_and_ends_with_1_when_something_must_not_have_happened(int lost, int expected)
    {
        var folder = TempFolder.Create();

        var code = await RunCommand.RunAsync(Console(), [new SuiteDouble(lost)], new RunOptions { Out = folder }, TestContext.Current.CancellationToken);

        Assert.Equal(expected, code);
        Assert.Equal("double", Assert.Single((await ResultsFile.ReadAsync(folder, TestContext.Current.CancellationToken)).Suites).Suite);
        Assert.Contains("lost", await File.ReadAllTextAsync(Path.Combine(folder, Report.Name), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("one finding", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_reach_the_server_as_environment() =>
        Assert.Equal(
            new Dictionary<string, string> { ["Turns__Debounce"] = "00:00:00.5", ["A__B"] = "c=d" },
            new RunOptions { Out = "x", Settings = ["Turns:Debounce=00:00:00.5", "A__B=c=d"] }.ServerSettings());

    private async Task<int> InvokeAsync(params string[] arguments) =>
        await EvalCommands.Create(Console()).Parse(arguments).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken);

    private IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_output) });
        console.Profile.Width = 200;
        return console;
    }

    private static async Task<string> WriteAsync(int lost)
    {
        var folder = TempFolder.Create();
        await ResultsFile.WriteAsync(
            folder, new RunResults(DateTimeOffset.UnixEpoch, Machine.This, [new SuiteResult("replay", [Metric.Zero("lost", lost), Metric.Count("turns", 1)])]),
            TestContext.Current.CancellationToken);
        return folder;
    }

    private sealed class SuiteDouble(int lost) : ISuite
    {
        public string Name => "double";

        public string Description => "";

        public Task<SuiteResult> RunAsync(RunOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken)
        {
            progress.Report(new SuiteProgress("half", 1, 2));
            return Task.FromResult(new SuiteResult(Name, [Metric.Zero("lost", lost)]) { Findings = ["one finding"] });
        }
    }
}
