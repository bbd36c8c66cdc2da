using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Chat;

public sealed class ChatTelemetryTests : IDisposable
{
    private readonly string _model = Guid.NewGuid().ToString("N");
    private readonly ConcurrentQueue<(string Name, double Value, string? Error)> _seen = new();
    private readonly MeterListener _listener = new();

    public ChatTelemetryTests()
    {
        _listener.InstrumentPublished = static (instrument, self) =>
        {
            if (instrument.Meter.Name == ModelClients.TelemetryName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Remember(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Remember(instrument.Name, value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task What_a_request_cost_is_recorded_once_and_on_its_span()
    {
        await using var host = new ScriptedModelHost { Name = _model }.Says(FinishReason.Stop, "好");
        using var client = new LocalChatClient(host);
        using var span = new Activity("turn").Start();

        await client.GetResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken);

        // 7 tokens, the first after 30 ms, the last after 200.
        Assert.Equal(
            [
                ("gen_ai.server.request.duration", 0.2, null), ("gen_ai.server.time_per_output_token", 0.17 / 6, null), ("gen_ai.server.time_to_first_token", 0.03, null),
                ("smartservice.model.prompt.dropped_blocks", 1, null), ("smartservice.model.queue.duration", 0.002, null),
            ],
            _seen.OrderBy(one => one.Name, StringComparer.Ordinal));
        Assert.Equal((0.03, 80, 100), (span.GetTagItem("gen_ai.server.time_to_first_token"), span.GetTagItem("smartservice.model.cached_tokens"), span.GetTagItem("smartservice.model.prompt_tokens")));
    }

    [Fact]
    public async Task A_request_that_failed_or_was_left_is_a_duration_with_an_error()
    {
        await using var host = new ScriptedModelHost { Name = _model }.Says(_ => throw new ModelSaturatedException("busy")).Says(FinishReason.Stop, "一", "二").Says(FinishReason.Deadline, "三");
        using var client = new LocalChatClient(host);

        await Assert.ThrowsAsync<ModelSaturatedException>(() => client.GetResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken));
        await foreach (var _ in client.GetStreamingResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken))
        {
            break;
        }

        await client.GetResponseAsync("？", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["ModelSaturatedException", "cancelled", "deadline"], _seen.Where(one => one.Name == "gen_ai.server.request.duration").Select(one => one.Error));
    }

    // The process's other tests use the same instruments.
    private void Remember(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (isOurs, error) = (false, (string?)null);
        foreach (var tag in tags)
        {
            isOurs |= tag.Key == "gen_ai.request.model" && Equals(tag.Value, _model);
            error = tag.Key == "error.type" ? (string?)tag.Value : error;
        }

        if (isOurs)
        {
            _seen.Enqueue((name, value, error));
        }
    }
}
