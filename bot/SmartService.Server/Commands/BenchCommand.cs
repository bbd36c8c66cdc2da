using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using SmartService.Server.Bench.Model;
using SmartService.Server.Hosting;
using Spectre.Console;

namespace SmartService.Server.Commands;

/// <summary><c>bench model</c>: the numbers that the README quotes, measured against a baseline in the same run.</summary>
public static class BenchCommand
{
    public static Command Create() => new("bench", "Measure this machine. Each number is compared with a baseline in the same run.") { Model() };

    private static Command Model()
    {
        var model = new Option<string>("--model") { Description = "A GGUF chat model; else Model:Path." };
        var server = new Option<string>("--llama-server") { Description = "A llama-server binary to compare with." };
        var rounds = new Option<int>("--rounds") { Description = "How often each number is measured; the median counts.", DefaultValueFactory = _ => 3 };
        var only = new Option<string[]>("--only") { Description = "Beginnings of scenario names: throughput, shared, first, stall, cancel, intent.", AllowMultipleArgumentsPerToken = true };
        var sides = new Option<string[]>("--sides") { Description = "Beginnings of side names; else all.", AllowMultipleArgumentsPerToken = true };
        var quick = new Option<bool>("--quick") { Description = "One small round: shows that it runs, not how fast." };
        var output = new Option<string>("--out") { Description = "A file for the medians, as JSON." };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100)
            {
                result.AddError("--rounds must be between 1 and 100.");
            }
        });
        var command = new Command("model", "The local model against LLamaSharp's own executors, and against llama-server where a binary is given.") { model, server, rounds, only, sides, quick, output };
        command.SetAction((parsed, cancellationToken) =>
        {
            var plan = parsed.GetValue(quick) ? ModelBenchPlan.Quick : ModelBenchPlan.Full with { Rounds = parsed.GetValue(rounds) };
            return RunAsync(
                parsed.GetValue(model), parsed.GetValue(server), plan with { Only = parsed.GetValue(only) ?? [] }, parsed.GetValue(sides) ?? [], parsed.GetValue(output), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(string? model, string? server, ModelBenchPlan plan, string[] wanted, string? output, CancellationToken cancellationToken)
    {
        var screen = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        var path = model ?? SmartServiceHost.CreateCommandBuilder().Configuration["Model:Path"];
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new UsageException("bench model needs a model: --model FILE, or the setting Model:Path.");
        }

        await using var bench = await ModelBenchRig.StartAsync(path, server, plan.Parallel.Max(), wanted, cancellationToken);
        screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{bench.Description}");
        var medians = await new ModelBench(bench.Sides, new Scenarios(bench.Prompts), plan, screen).RunAsync(cancellationToken);
        screen.Write(ModelBench.Table(medians));
        screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"Medians of {plan.Rounds}; (×r): how many times better {bench.Sides[0].Name} is.");
        if (output is not null)
        {
            await File.WriteAllTextAsync(output, JsonSerializer.Serialize(medians, Json), cancellationToken);
        }

        return 0;
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
