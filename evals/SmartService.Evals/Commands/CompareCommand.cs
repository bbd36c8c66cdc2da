using System.CommandLine;
using System.Globalization;
using SmartService.Evals.Results;
using Spectre.Console;

namespace SmartService.Evals.Commands;

/// <summary><c>compare BASELINE RUN</c>.</summary>
internal static class CompareCommand
{
    public static Command Create(IAnsiConsole console)
    {
        var baseline = new Argument<string>("BASELINE") { Description = "A results.json, or the folder that holds it" };
        var run = new Argument<string>("RUN") { Description = "The same of the run to judge" };
        var command = new Command("compare", "Exit code 1 when something got worse beyond noise") { baseline, run };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var before = await ResultsFile.ReadAsync(parsed.GetRequiredValue(baseline), cancellationToken);
                var after = await ResultsFile.ReadAsync(parsed.GetRequiredValue(run), cancellationToken);
                return Show(console, before, after);
            }
            catch (EvalException exception)
            {
                console.WriteLine(exception.Message);
                return 2;
            }
        });
        return command;
    }

    private static int Show(IAnsiConsole console, RunResults before, RunResults after)
    {
        var differences = Comparison.Of(before, after);
        var table = new Table().AddColumns("metric", "baseline", "run", "verdict", "why");
        foreach (var difference in differences.Where(one => one.Verdict != Verdict.Same || one.Why != "not judged"))
        {
            table.AddRow(
                Markup.Escape($"{difference.Suite} {difference.Metric}"), Value(difference.Before), Value(difference.After),
                Name(difference.Verdict), Markup.Escape(difference.Why));
        }

        console.Write(table);
        if (before.Machine != after.Machine)
        {
            console.WriteLine("The runs were made on different machines; timings say little.");
        }

        var worse = differences.Count(difference => difference.Verdict == Verdict.Worse);
        console.WriteLine(worse == 0 ? "Nothing got worse beyond noise." : string.Create(CultureInfo.InvariantCulture, $"{worse} metrics got worse."));
        return worse == 0 ? 0 : 1;
    }

    private static string Value(Metric? metric) => metric is null ? "-" : Markup.Escape(Report.FormatValue(metric.Value, metric.Unit));

    private static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Worse => "[red]worse[/]",
        Verdict.Better => "[green]better[/]",
        Verdict.New => "new",
        _ => "same",
    };
}
