using System.Diagnostics;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

[CollectionDefinition(nameof(Soak), DisableParallelization = true)]
public sealed class Soak;

/// <summary>Alone on the machine, because it looks at the whole process.</summary>
[Collection(nameof(Soak))]
public sealed class SoakTests
{
    [Fact]
    public async Task Ten_thousand_requests_leave_no_memory_and_no_thread_behind()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 8 };
        await using var rig = new SchedulerRig(new() { Parallel = 8 }, new FakeDecoder(model) { Cells = 1024, ContextTokens = 1024 }, model);
        await ManyAsync(rig, 2000, 0);
        var (memory, threads) = Resources();
        await ManyAsync(rig, 10_000, 1);
        var (after, threadsAfter) = Resources();
        // A request that left its tokens behind would be 100 bytes times ten thousand.
        Assert.InRange(after - memory, long.MinValue, 600_000);
        Assert.InRange(threadsAfter - threads, int.MinValue, 4);
        Assert.Equal(0, rig.Scheduler.Live);
    }

    [Fact]
    public async Task A_step_allocates_nothing_on_the_inference_thread()
    {
        var model = new FakeModel(new FakeVocabulary()) { AverageLength = 1_000_000 };
        var allocated = new List<long>();
        var decoder = new FakeDecoder(model);
        decoder.Before = _ =>
        {
            allocated.Add(GC.GetAllocatedBytesForCurrentThread());
            return DecodeStatus.Ok;
        };
        await using var rig = new SchedulerRig(new() { UnreadBytes = 1_000_000 }, decoder, model);
        await using var reader = rig.Scheduler.GenerateAsync(Ask("x", 3000) with { Sampling = new() { Seed = 1, FrequencyPenalty = 0.1f } }, CancellationToken.None).GetAsyncEnumerator();
        while (await reader.MoveNextAsync())
        {
        }

        // What the fake itself allocates is measured where nothing else is done: it makes a cell per token and lists of them.
        var mostly = allocated.Zip(allocated.Skip(1), (one, other) => other - one).Skip(100).Order().ToList();
        Assert.InRange(mostly[mostly.Count / 2], 0, FakeCost(model) + 64);
    }

    private static long FakeCost(FakeModel model)
    {
        var decoder = new FakeDecoder(model);
        var batch = new DecodeBatch(4);
        var costs = new List<long>();
        for (var at = 0; at < 500; at++)
        {
            batch.Clear();
            batch.Add('a', at, 0, true);
            var before = GC.GetAllocatedBytesForCurrentThread();
            decoder.Decode(batch);
            decoder.Logits(0);
            costs.Add(GC.GetAllocatedBytesForCurrentThread() - before);
        }

        costs.Sort();
        // The fake's count of distinct cells grows with the text: the larger costs are those of later tokens.
        return costs[^1] * 8;
    }

    private static async Task ManyAsync(SchedulerRig rig, int count, int round)
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async stream =>
        {
            for (var number = 0; number < count / 8; number++)
            {
                using var cancellation = new CancellationTokenSource();
                var request = Ask($"<|im_start|>{round}{stream} {number}", 12) with
                {
                    Conversation = $"{stream}{number % 50}",
                    Tenant = $"{round}{number % 300}",
                    Class = number % 5 == 0 ? RequestClass.Background : RequestClass.Interactive,
                };
                await foreach (var _ in rig.Scheduler.GenerateAsync(request, cancellation.Token))
                {
                    if (number % 9 == 0)
                    {
                        break;
                    }
                }
            }
        }));
        while (rig.Scheduler.Live > 0)
        {
            await Task.Delay(5);
        }
    }

    private static (long Memory, int Threads) Resources()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return (GC.GetTotalMemory(forceFullCollection: true), process.Threads.Count);
    }
}
