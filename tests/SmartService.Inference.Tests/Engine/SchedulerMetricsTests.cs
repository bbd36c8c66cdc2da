using System.Diagnostics.Metrics;
using SmartService.Inference.Engine;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class SchedulerMetricsTests
{
    [Fact]
    public async Task The_status_counts_what_was_done_and_the_meter_only_what_the_status_cannot_tell()
    {
        var name = $"model {Guid.NewGuid()}";
        var measured = new System.Collections.Concurrent.ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ModelClients.TelemetryName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            foreach (var (key, text) in tags)
            {
                if (key == "gen_ai.request.model" && Equals(text, name))
                {
                    measured.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
                }
            }
        });
        listener.Start();
        await using var rig = new SchedulerRig(new() { ModelName = name, MaxWaiting = 0, Parallel = 1 });
        var system = "<|im_start|>" + new string('s', 50);
        var first = await rig.RunAsync(Ask(system + "a", 5));
        var second = await rig.RunAsync(Ask(system + "b", 5));
        listener.RecordObservableInstruments();
        // What else there is comes from the usage and the status, in whichever process the engine runs; twice would be wrong.
        Assert.Equal("smartservice.model.step.duration", Assert.Single(measured).Key);
        Assert.Equal((0, 51), (first.Last.Usage!.CachedTokens, second.Last.Usage!.CachedTokens));
        var counters = rig.Scheduler.Status.Counters;
        Assert.Equal((1L, 51L), (counters.PrefixHits, counters.ReusedTokens));
        Assert.Equal(first.Last.Usage.OutputTokens + second.Last.Usage.OutputTokens, counters.WrittenTokens);
        Assert.Equal(rig.Decoder.DecodedTokens, counters.ComputedTokens);
        Assert.Equal(rig.Scheduler.Counters.Steps, rig.Scheduler.Status.Steps);
        Assert.Equal((4096, rig.Decoder.UsedCells), (rig.Scheduler.Status.Cells, rig.Scheduler.Status.UsedCells));
    }

    [Fact]
    public void An_interrupted_step_doubles_what_a_prompts_token_costs_and_steps_that_succeed_bring_it_down()
    {
        var costs = new StepCosts();
        costs.RecordInterrupted(128, 64_000);
        Assert.Equal(500, costs.PromptToken, 0.1);
        costs.RecordInterrupted(8, 10);
        Assert.Equal(1000, costs.PromptToken, 0.1);
        for (var step = 0; step < 60; step++)
        {
            costs.Record(0, 16, 160);
        }

        Assert.Equal(10, costs.PromptToken, 0.5);
        costs.RecordInterrupted(0, 1000);
        Assert.Equal(10, costs.PromptToken, 0.5);
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
