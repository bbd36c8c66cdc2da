using SmartService.Evals.Results;

namespace SmartService.Evals.Suites;

/// <summary>Something that can be measured.</summary>
public interface ISuite
{
    string Name { get; }

    string Description { get; }

    /// <exception cref="EvalException">The suite cannot run here; the message says why.</exception>
    Task<SuiteResult> RunAsync(RunOptions options, IProgress<SuiteProgress> progress, CancellationToken cancellationToken);
}

/// <summary>How far a suite is.</summary>
/// <param name="Step">What it does now.</param>
/// <param name="Done">Steps done.</param>
/// <param name="Total">Steps in all; 0 = not known yet.</param>
public sealed record SuiteProgress(string Step, int Done, int Total);
