using SmartService.Inference.Catalogue;
using Spectre.Console;

namespace SmartService.Server.Commands;

/// <summary>Shows a download on standard error: bars on a terminal, else a line for every tenth, so that a log stays readable.</summary>
internal static class PullScreen
{
    public static async Task<ModelPullResult> RunAsync(Func<IProgress<ModelPullProgress>, Task<ModelPullResult>> pull)
    {
        if (Console.IsErrorRedirected)
        {
            return await pull(new Lines(Console.Error));
        }

        var screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await screen.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(progress => pull(new Bars(progress)));
    }

    private sealed class Bars(ProgressContext context) : IProgress<ModelPullProgress>
    {
        private readonly Dictionary<(string, ModelPullStep), ProgressTask> _tasks = [];

        public void Report(ModelPullProgress value)
        {
            if (value.Step == ModelPullStep.Finished)
            {
                return;
            }

            if (!_tasks.TryGetValue((value.File, value.Step), out var task))
            {
                var name = Markup.Escape(value.File);
                task = context.AddTask(value.Step == ModelPullStep.Checking ? $"{name} SHA-256" : name, maxValue: value.Total);
                _tasks.Add((value.File, value.Step), task);
            }

            task.Value = value.Done;
        }
    }

    internal sealed class Lines(TextWriter output) : IProgress<ModelPullProgress>
    {
        private (string File, ModelPullStep Step, long Tenth) _last;

        public void Report(ModelPullProgress value)
        {
            var now = (value.File, value.Step, value.Done * 10 / Math.Max(1, value.Total));
            if (now == _last)
            {
                return;
            }

            _last = now;
            switch (value.Step)
            {
                case ModelPullStep.Downloading:
                    output.WriteLine($"{value.File}  {value.Done * 100 / Math.Max(1, value.Total)} % of {value.Total / 1_000_000} MB");
                    break;
                case ModelPullStep.Checking when value.Done == value.Total:
                    output.WriteLine($"{value.File}  SHA-256 computed");
                    break;
                case ModelPullStep.Finished:
                    output.WriteLine($"{value.File}  complete");
                    break;
            }
        }
    }
}
