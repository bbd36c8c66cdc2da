using System.Diagnostics.Metrics;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class SchedulerMetricsTests
{
    [Fact]
    public async Task Tokens_times_and_cache_hits_are_measured_per_request()
    {
        var name = $"model {Guid.NewGuid()}";
        var measured = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == SchedulerMetrics.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Note(string instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var (isOurs, kind) = (false, "");
            foreach (var (key, text) in tags)
            {
                isOurs |= key == "gen_ai.request.model" && Equals(text, name);
                kind += key is "gen_ai.token.type" or "error.type" ? $" {text}" : "";
            }

            lock (measured)
            {
                measured[instrument + kind] = isOurs ? measured.GetValueOrDefault(instrument + kind) + value : measured.GetValueOrDefault(instrument + kind);
            }
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        listener.Start();
        await using var rig = new SchedulerRig(new() { ModelName = name, MaxWaiting = 0, Parallel = 1 });
        var system = "<|im_start|>" + new string('s', 50);
        var first = await rig.RunAsync(Ask(system + "a", 5));
        var second = await rig.RunAsync(Ask(system + "b", 5));
        listener.RecordObservableInstruments();
        Assert.Equal(104, measured["gen_ai.client.token.usage input"]);
        Assert.Equal(first.Last.Usage!.OutputTokens + second.Last.Usage!.OutputTokens, measured["gen_ai.client.token.usage output"]);
        Assert.Equal(51, measured["smartservice.model.cache.reused"]);
        Assert.True(measured["gen_ai.server.request.duration"] > 0);
        Assert.True(measured["gen_ai.server.time_to_first_token"] > 0);
        Assert.True(measured["gen_ai.server.time_per_output_token"] > 0);
        Assert.True(measured["smartservice.model.step.duration"] > 0);
        Assert.Equal(rig.Scheduler.Status.UsedCells, measured["smartservice.model.cache.used"]);
        Assert.Equal(4096, measured["smartservice.model.cache.cells"]);
    }

    [Fact]
    public void What_a_step_costs_is_learnt_from_steps()
    {
        var costs = new StepCosts();
        for (var step = 0; step < 200; step++)
        {
            var rows = 1 + (step % 8);
            costs.Record(rows, 0, 10 + (8 * rows));
        }

        Assert.Equal(10, costs.Base, 0.1);
        Assert.Equal(8, costs.Row, 0.1);
        for (var step = 0; step < 50; step++)
        {
            costs.Record(2, 20, 26 + (20 * 7));
        }

        Assert.Equal(7, costs.PromptToken, 0.1);
        // One step of a minute, while the machine slept, changes little.
        costs.Record(1, 0, 60_000);
        Assert.InRange(costs.OfRows(1), 17, 23);
        costs.Record(0, 0, 5);
        costs.Record(1, 0, 0);
        Assert.InRange(costs.OfRows(1), 17, 23);
    }

    [Fact]
    public void Steps_of_one_kind_only_still_give_a_positive_price_for_each_row()
    {
        var costs = new StepCosts();
        for (var step = 0; step < 50; step++)
        {
            costs.Record(1, 0, 18);
        }

        Assert.Equal(18, costs.OfRows(1), 0.01);
        Assert.InRange(costs.Row, 1, 17);
    }
}
