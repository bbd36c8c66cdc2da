using System.Diagnostics.Metrics;
using SmartService.Inference.Hosting;

namespace SmartService.Inference;

/// <summary>The host's status as metrics. Made here and not in the host, because a host may be another process.</summary>
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
        Count(meter, "cache.hits", "{request}", "Requests that found a part of their prompt computed.", static counters => counters.PrefixHits);
        Count(meter, "cache.reused", "{token}", "Prompt tokens that were not computed again.", static counters => counters.ReusedTokens);
        Count(meter, "cache.evictions", "{sequence}", "Kept sequences that made room.", static counters => counters.Evictions);
        Count(meter, "preemptions", "{request}", "Running requests that made room and started over.", static counters => counters.Preemptions);
        Count(meter, "saturated", "{request}", "Requests that were not admitted.", static counters => counters.Saturated);
        Count(meter, "tokens.computed", "{token}", "Tokens that were decoded, guesses included.", static counters => counters.ComputedTokens);
        Count(meter, "tokens.written", "{token}", "Tokens of outputs, those that a shape fixed included.", static counters => counters.WrittenTokens);
        Count(meter, "lookup.guessed", "{token}", "Tokens guessed by prompt lookup.", static counters => counters.GuessedTokens);
        Count(meter, "lookup.right", "{token}", "Guessed tokens that were right.", static counters => counters.RightTokens);
        Count(meter, "encoder.passes", "{pass}", "Passes of the embedding model and the reranker.", static counters => counters.EncoderPasses);
    }

    public void Dispose() => _meter?.Dispose();

    private void Count(Meter meter, string name, string unit, string what, Func<ModelHostCounters, long> value) =>
        meter.CreateObservableCounter("smartservice.model." + name, () => value(host.Status.Counters), unit, what);
}
