using System.CommandLine;
using System.Globalization;
using SmartService.Evals.Results;
using SmartService.Evals.Suites;
using Spectre.Console;

namespace SmartService.Evals.Commands;

/// <summary><c>run SUITE…</c>.</summary>
internal static class RunCommand
{
    private static readonly Argument<string[]> SuiteNames = new("SUITE") { Description = "One or more suites, see list", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> Data = new("--data") { Description = "Folder with the recorded data (default: ../shared/data beside the clone)" };
    private static readonly Option<string?> Model = new("--model") { Description = "A chat model for suites that measure answers: a GGUF file (the first shard of several), or an OpenAI-compatible address (http://…/v1#NAME)" };
    private static readonly Option<string?> Out = new("--out") { Description = "Where results.json and report.md go (default: .artifacts/evals/TIME)" };
    private static readonly Option<string?> Server = new("--server") { Description = "The built server executable (default: the newest build of this clone)" };
    private static readonly Option<string?> Postgres = new("--postgres") { Description = "Connection string of an empty PostgreSQL database, instead of SQLite" };
    private static readonly Option<int?> Servers = new("--servers") { Description = "How many servers share the store" };
    private static readonly Option<int?> Kills = new("--kills") { Description = "crash: how often a server is killed" };
    private static readonly Option<int?> Messages = new("--messages") { Description = "replay: how many recorded messages" };
    private static readonly Option<int?> Customers = new("--customers") { Description = "How many customers; shop: how many ask at the same time (default: one)" };
    private static readonly Option<double?> Rate = new("--rate") { Description = "Messages per second" };
    private static readonly Option<int?> Seed = new("--seed") { Description = "Equal seeds give equal customers" };
    private static readonly Option<string[]> Settings = new("--set") { Description = "A setting for what is measured: Turns:Debounce=00:00:00.5" };

    public static Command Create(IAnsiConsole console)
    {
        var command = new Command("run", "Runs suites, writes results.json and report.md; exit code 1 when something happened that must not happen")
        {
            SuiteNames, Data, Model, Out, Server, Postgres, Servers, Kills, Messages, Customers, Rate, Seed, Settings,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var suites = EvalSuites.Find(parsed.GetRequiredValue(SuiteNames));
                return await RunAsync(console, suites, Options(parsed), cancellationToken);
            }
            catch (EvalException exception)
            {
                console.WriteLine(exception.Message);
                return 2;
            }
        });
        return command;
    }

    internal static async Task<int> RunAsync(IAnsiConsole console, IReadOnlyList<ISuite> suites, RunOptions options, CancellationToken cancellationToken)
    {
        var startedAt = TimeProvider.System.GetLocalNow();
        Directory.CreateDirectory(options.Out);
        var results = new List<SuiteResult>();
        await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async context =>
        {
            foreach (var suite in suites)
            {
                var task = context.AddTask(Markup.Escape(suite.Name));
                results.Add(await suite.RunAsync(options, new TaskProgress(task, suite.Name), cancellationToken));
                task.Value = task.MaxValue;
                task.StopTask();
            }
        });

        var run = new RunResults(startedAt, Machine.This, results);
        await ResultsFile.WriteAsync(options.Out, run, cancellationToken);
        await Report.WriteAsync(options.Out, run, cancellationToken);
        foreach (var result in results)
        {
            Show(console, result);
        }

        console.WriteLine($"Written to {options.Out}");
        return results.TrueForAll(result => result.Clean) ? 0 : 1;
    }

    private static RunOptions Options(ParseResult parsed) => new()
    {
        Data = parsed.GetValue(Data),
        Model = parsed.GetValue(Model),
        Out = Path.GetFullPath(parsed.GetValue(Out) ?? Path.Combine(
            RepositoryPaths.Root, ".artifacts", "evals", TimeProvider.System.GetLocalNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture))),
        Server = parsed.GetValue(Server),
        Postgres = parsed.GetValue(Postgres),
        Servers = parsed.GetValue(Servers),
        Kills = parsed.GetValue(Kills),
        Messages = parsed.GetValue(Messages),
        Customers = parsed.GetValue(Customers),
        Rate = parsed.GetValue(Rate),
        Seed = parsed.GetValue(Seed),
        Settings = parsed.GetValue(Settings) ?? [],
    };

    private static void Show(IAnsiConsole console, SuiteResult result)
    {
        var table = new Table().Title(Markup.Escape(result.Suite)).AddColumns("metric", "value");
        foreach (var metric in result.Metrics)
        {
            var value = Markup.Escape(Report.Format(metric));
            table.AddRow(Markup.Escape(metric.Name), metric.Better == Better.Zero && metric.Value != 0 ? $"[red]{value}[/]" : value);
        }

        console.Write(table);
        foreach (var finding in result.Findings)
        {
            console.WriteLine(finding);
        }
    }

    private sealed class TaskProgress(ProgressTask task, string suite) : IProgress<SuiteProgress>
    {
        public void Report(SuiteProgress value)
        {
            task.Description = Markup.Escape($"{suite}: {value.Step}");
            task.IsIndeterminate = value.Total == 0;
            if (value.Total > 0)
            {
                task.MaxValue = value.Total;
                task.Value = value.Done;
            }
        }
    }
}
