using System.Diagnostics.Metrics;
using SmartService.Inference.Hosting;

namespace SmartService.Inference;

/// <summary>The host's status as gauges. Made here and not in the host, because a host may be another process.</summary>
internal sealed class ModelHostGauges(IModelHost host) : IDisposable
{
    private Meter? _meter;

    /// <summary>Makes them visible; once is enough.</summary>
    public void Publish()
    {
        var meter = new Meter(ModelClients.TelemetryName);
        if (Interlocked.CompareExchange(ref _meter, meter, null) is not null)
        {
            meter.Dispose();
            return;
        }

        meter.CreateObservableGauge("smartservice.model.ready", () => host.Status.IsReady ? 1 : 0, description: "1 while the local model can be asked.");
        meter.CreateObservableGauge("smartservice.model.running", () => host.Status.Running, "{request}", "Requests with a slot.");
        meter.CreateObservableGauge("smartservice.model.waiting", () => host.Status.Waiting, "{request}", "Requests without a slot.");
        meter.CreateObservableGauge("smartservice.model.waiting_tokens", () => host.Status.WaitingTokens, "{token}", "Prompt tokens that are not computed yet.");
        meter.CreateObservableGauge("smartservice.model.expected_wait", () => host.Status.EstimatedWait.TotalSeconds, "s", "How long a new request would wait for its first token.");
        meter.CreateObservableGauge("smartservice.model.cells_used", () => host.Status.UsedCells, "{token}", "Tokens in the chat model's cache.");
        meter.CreateObservableGauge("smartservice.model.cells", () => host.Status.Cells, "{token}", "Room of the chat model's cache.");
        meter.CreateObservableCounter("smartservice.model.restarts", () => host.Status.Restarts, "{restart}", "How often the host's process was brought back.");
    }

    public void Dispose() => _meter?.Dispose();
}
