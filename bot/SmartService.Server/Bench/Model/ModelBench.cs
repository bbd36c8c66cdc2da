using System.Globalization;
using Spectre.Console;

namespace SmartService.Server.Bench.Model;

/// <summary>Runs the scenarios on every side in turn, several rounds, and prints medians and ratios.</summary>
internal sealed class ModelBench(IReadOnlyList<IModelSide> sides, Scenarios scenarios, ModelBenchPlan plan, IAnsiConsole screen)
{
    private readonly List<Measured> _measured = [];

    public async Task<IReadOnlyList<Measured>> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, scenario) in Plan().Where(one => plan.Only.Count == 0 || plan.Only.Any(only => one.Name.StartsWith(only, StringComparison.OrdinalIgnoreCase))))
        {
            for (var round = 0; round < plan.Rounds; round++)
            {
                // Who goes first changes, so that a slow minute of the machine does not always hit the same side.
                foreach (var side in sides.Skip(round % sides.Count).Concat(sides.Take(round % sides.Count)))
                {
                    if (name == "intent" && !side.KnowsSchemas)
                    {
                        continue;
                    }

                    var measured = await scenario(side, cancellationToken);
                    _measured.Add(measured);
                    screen.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{name} {round + 1}/{plan.Rounds} {side.Name}: {measured.Value:F1} {measured.Unit}[/]");
                }
            }
        }

        return [.. _measured.GroupBy(one => (one.Scenario, one.Side)).Select(group => group.First() with { Value = Scenarios.Median(group.Select(one => one.Value)) })];
    }

    /// <summary>One row per scenario; the ratio is how many times better the first side is.</summary>
    public static Table Table(IReadOnlyList<Measured> medians)
    {
        var sides = medians.Select(one => one.Side).Distinct(StringComparer.Ordinal).ToList();
        var table = new Table().AddColumn("scenario").AddColumn("unit");
        sides.ForEach(side => table.AddColumn(side, column => column.RightAligned()));
        foreach (var scenario in medians.GroupBy(one => one.Scenario, StringComparer.Ordinal))
        {
            var ours = scenario.FirstOrDefault(one => one.Side == sides[0]);
            table.AddRow([scenario.Key, scenario.First().Unit, .. sides.Select(side => Cell(ours, scenario.FirstOrDefault(one => one.Side == side)))]);
        }

        return table;
    }

    /// <summary>How many times better <paramref name="ours"/> is than <paramref name="other"/>.</summary>
    public static double Ratio(Measured ours, Measured other) => ours.Unit == "ms" ? other.Value / ours.Value : ours.Value / other.Value;

    private static string Cell(Measured? ours, Measured? other) => other is null
        ? "–"
        : ours is null || ours == other
            ? other.Value.ToString("F1", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{other.Value:F1} (×{Ratio(ours, other):F2})");

    private IEnumerable<(string Name, Func<IModelSide, CancellationToken, Task<Measured>> Run)> Plan()
    {
        foreach (var parallel in plan.Parallel)
        {
            yield return ($"throughput {parallel}", (side, token) => scenarios.ThroughputAsync(side, parallel, plan.MaxTokens, token));
        }

        foreach (var parallel in plan.Parallel.Where(parallel => parallel is > 1 and <= 16))
        {
            yield return ($"shared {parallel}", (side, token) => scenarios.SharedThroughputAsync(side, parallel, plan.SharedTokens, plan.MaxTokens, token));
        }

        yield return ("first", (side, token) => scenarios.FirstTokenAsync(side, 4, plan.SharedTokens, token));
        yield return ("stall", (side, token) => scenarios.StallAsync(side, plan.LongTokens, token));
        yield return ("cancel", (side, token) => scenarios.CancelAsync(side, 5, token));
        yield return ("intent", (side, token) => scenarios.IntentAsync(side, 5, token));
    }
}

/// <summary>How much is measured; <paramref name="Only"/>: beginnings of scenario names, empty: all.</summary>
internal sealed record ModelBenchPlan(int Rounds, IReadOnlyList<int> Parallel, int MaxTokens, int SharedTokens, int LongTokens, IReadOnlyList<string> Only)
{
    public static ModelBenchPlan Full { get; } = new(3, [1, 4, 16, 64], 48, 1000, 2000, []);

    public static ModelBenchPlan Quick { get; } = new(1, [1, 4], 16, 200, 400, []);
}
