using Microsoft.Extensions.Diagnostics.HealthChecks;
using SmartService.Inference.Hosting;

namespace SmartService.Server.Hosting;

/// <summary>The local model's state, in numbers; degraded while it cannot be asked, healthy where none is wanted.</summary>
public sealed class ModelHealth(IServiceProvider services) : IHealthCheck
{
    /// <summary>Name of the check.</summary>
    public const string Name = "model";

    /// <summary>What strangers read about it: the reason may name files and settings.</summary>
    public const string ForStrangers = "The local model is not ready.";

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(services.GetService<IModelHost>() is { } host ? Result(host.Status) : HealthCheckResult.Healthy());

    private static HealthCheckResult Result(ModelHostStatus status)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["ready"] = status.IsReady,
            ["running"] = status.Running,
            ["waiting"] = status.Waiting,
            ["waiting_tokens"] = status.WaitingTokens,
            ["expected_wait_ms"] = Math.Round(status.EstimatedWait.TotalMilliseconds),
            ["cells_used"] = status.UsedCells,
            ["cells"] = status.Cells,
            ["restarts"] = status.Restarts,
        };
        return status.IsReady ? HealthCheckResult.Healthy(data: data) : HealthCheckResult.Degraded(status.Problem ?? "The local model is being loaded.", data: data);
    }
}
