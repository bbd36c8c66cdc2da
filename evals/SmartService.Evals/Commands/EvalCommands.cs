using System.CommandLine;
using SmartService.Evals.Suites;
using Spectre.Console;

namespace SmartService.Evals.Commands;

/// <summary>The evaluation command line.</summary>
public static class EvalCommands
{
    public static RootCommand Create(IAnsiConsole console) => new("Measures SmartService: suites give numbers, compare holds them against a baseline.")
    {
        List(console),
        RunCommand.Create(console),
        CompareCommand.Create(console),
        PredictCommand.Create(console),
    };

    private static Command List(IAnsiConsole console)
    {
        var command = new Command("list", "Suites and tasks");
        command.SetAction(_ =>
        {
            var table = new Table().AddColumns("suite", "what");
            foreach (var suite in EvalSuites.All)
            {
                table.AddRow(Markup.Escape(suite.Name), Markup.Escape(suite.Description));
            }

            console.Write(table);
            console.WriteLine(PredictCommand.Available);
            return 0;
        });
        return command;
    }
}
