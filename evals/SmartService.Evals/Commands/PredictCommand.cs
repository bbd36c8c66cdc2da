using System.CommandLine;
using Spectre.Console;

namespace SmartService.Evals.Commands;

/// <summary><c>predict TASK</c>: the tasks arrive with the components that they measure.</summary>
internal static class PredictCommand
{
    /// <summary>Names that scripts may ask for.</summary>
    private static readonly string[] Planned =
    [
        "intent", "slots", "acts", "retrieval", "pairs", "kgqa", "sentiment", "aspects", "triplets", "topics",
        "rating", "topn", "rank", "session", "probability", "uplift",
    ];

    public const string Available = "Tasks for predict in this release: none.";

    public static Command Create(IAnsiConsole console)
    {
        var task = new Argument<string>("TASK") { Description = "What to predict" };
        var command = new Command("predict", "Fits one component on given files and writes one prediction per input line (tasks come with later releases)") { task };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(task);
            console.WriteLine(Planned.Contains(name, StringComparer.Ordinal)
                ? $"Task {name} comes with a later release. {Available}"
                : $"There is no task {name}. {Available} Later: {string.Join(", ", Planned)}.");
            return 2;
        });
        return command;
    }
}
