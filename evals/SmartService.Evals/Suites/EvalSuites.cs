using SmartService.Evals.Crash;
using SmartService.Evals.Replay;
using SmartService.Evals.Shop;

namespace SmartService.Evals.Suites;

/// <summary>All suites there are.</summary>
public static class EvalSuites
{
    public static IReadOnlyList<ISuite> All { get; } = [new ShopSuite(), new ReplaySuite(), new CrashSuite()];

    /// <exception cref="EvalException">A name is unknown.</exception>
    public static IReadOnlyList<ISuite> Find(IEnumerable<string> names) =>
        [.. names.Distinct(StringComparer.Ordinal).Select(name =>
            All.FirstOrDefault(suite => suite.Name == name)
            ?? throw new EvalException($"There is no suite {name}. Suites: {string.Join(", ", All.Select(suite => suite.Name))}."))];
}
