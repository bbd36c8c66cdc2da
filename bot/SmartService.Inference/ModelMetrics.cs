using System.Diagnostics.Metrics;

namespace SmartService.Inference;

/// <summary>Counters about which model was asked; beside them the clients record the GenAI conventions' own.</summary>
internal static class ModelMetrics
{
    private static readonly Meter Meter = new(ModelClients.TelemetryName);
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>(
        "smartservice.model.requests", "{request}", "Requests of the fail-over by client and outcome: answered, failed, broken_off, saturated, left_alone, cancelled.");

    public static void Asked(string client, string outcome) => Requests.Add(1, new("client", client), new("outcome", outcome));
}
