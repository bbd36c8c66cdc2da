using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Tests.Engine;

/// <summary>
/// Whatever is submitted, cancelled, evicted, interrupted, paused: a request's text is the one that it gets when it is alone.
/// </summary>
public sealed class RandomScheduleTests
{
    private static readonly string[] s_systems = ["", "<|im_start|>你是一个商品客服,请谢谢客户。", "<|im_start|>你是一个商品客服,请谢谢客户。店里有规矩:"];

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 200)]
    [InlineData(3, 200)]
    [InlineData(4, 200)]
    [InlineData(5, 200)]
    public async Task Every_text_is_the_one_it_gets_alone(int seed, int schedules)
    {
        for (var schedule = 0; schedule < schedules; schedule++)
        {
            await RunAsync(new Random((seed * 100_000) + schedule), $"seed {seed}, schedule {schedule}");
        }
    }

    private static async Task RunAsync(Random random, string which)
    {
        var model = new FakeModel(new FakeVocabulary(hasBegin: random.Next(4) == 0), IsRepetitive: random.Next(3) == 0) { AverageLength = random.Next(2, 40) };
        var troubles = new Random(random.Next());
        var fails = random.Next(8) == 0;
        var cells = random.Next(3) == 0 ? random.Next(160, 400) : 2048;
        var sequences = random.Next(2, 24);
        var (batch, outputs, canTrim, interrupts) = (random.Next(4, 128), random.Next(1, 32), random.Next(4) != 0, random.Next(6) == 0);
        FakeDecoder Another() => new(model)
        {
            Cells = cells,
            ContextTokens = Math.Min(cells, 1024),
            BatchTokens = Math.Max(batch, outputs),
            MaxOutputs = outputs,
            MaxSequences = sequences,
            CanTrim = canTrim,
            Before = _ => interrupts && troubles.Next(12) == 0 ? DecodeStatus.Aborted : fails && troubles.Next(60) == 0 ? DecodeStatus.Failed : DecodeStatus.Ok,
            LeftBehind = count => troubles.Next(count + 1),
        };
        var options = new SchedulerOptions
        {
            Parallel = random.Next(1, 12),
            RetainedShare = random.NextDouble(),
            MinSharedTokens = random.Next(1, 20),
            UnreadBytes = random.Next(3) == 0 ? 1 : 4096,
            Lookup = (LookupDecoding)random.Next(3),
            MaxDraftTokens = random.Next(1, 6),
        };
        await using var rig = new SchedulerRig(options, Another(), model, another: Another);
        var requests = Enumerable.Range(0, random.Next(1, 24)).Select(number => Make(random, number)).ToList();
        var reading = Task.WhenAll(requests.Select(request => ReadAsync(rig, request, new Random(random.Next()))));
        if (await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(20))) != reading)
        {
            Assert.Fail($"{which} hangs: {rig.Scheduler.Status} {rig.Scheduler.Counters}");
        }

        var outcomes = await reading;
        // One at a time, in a cache that keeps nothing: alone.
        await using var alone = new SchedulerRig(new() { Lookup = LookupDecoding.Off, RetainedShare = 0 }, new FakeDecoder(model), model);
        for (var at = 0; at < requests.Count; at++)
        {
            var expected = await alone.RunAsync(requests[at]);
            var (text, last, isCancelled, failed) = outcomes[at];
            Assert.True(failed is null || fails, $"{which}, request {at}: {failed}");
            if (isCancelled || failed is not null)
            {
                Assert.True(expected.Text.StartsWith(text, StringComparison.Ordinal), $"{which}, request {at}: {text} is not the beginning of {expected.Text}");
                continue;
            }

            Assert.True(expected.Text == text, $"{which}, request {at}: {text} instead of {expected.Text}");
            Assert.Equal(expected.Last.Finish, last!.Finish);
            Assert.Equal(expected.Last.Usage!.OutputTokens, last.Usage!.OutputTokens);
            Assert.Equal(expected.Last.Usage.FedTokens, last.Usage.FedTokens);
            Assert.Equal(expected.Last.ChoiceScores?.SelectMany(scores => scores), last.ChoiceScores?.SelectMany(scores => scores));
        }

        await AllIsTidyAsync(rig);
    }

    private static GenerationRequest Make(Random random, int number)
    {
        var system = s_systems[random.Next(s_systems.Length)];
        var question = $"问 {random.Next(6)}" + new string((char)('a' + random.Next(3)), random.Next(4) == 0 ? random.Next(80) : random.Next(8));
        return SchedulerRig.Ask(system + question, random.Next(8) == 0 ? 0 : random.Next(1, 30)) with
        {
            Tenant = $"tenant {random.Next(3)}",
            Conversation = random.Next(3) == 0 ? null : $"conversation {random.Next(5)}",
            Class = random.Next(4) == 0 ? RequestClass.Background : RequestClass.Interactive,
            Sampling = random.Next(2) == 0 ? new() { Temperature = 0 } : new() { Temperature = 1.5f, TopK = 20, Seed = (ulong)number, FrequencyPenalty = random.Next(2), RepetitionPenalty = 1.1f },
            Stop = random.Next(3) == 0 ? [((char)('a' + random.Next(26))).ToString(), "谢", "xyz"] : [],
            Shape = random.Next(3) == 0 ? Shape(random) : null,
        };
    }

    private static OutputShape.InOrder Shape(Random random) => new([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => (OutputShape)(random.Next(3) switch
    {
        0 => new OutputShape.Literal("{\"商品\":\""[..random.Next(1, 7)]),
        1 => new OutputShape.FreeText($"{random.Next(1, 6)}"),
        _ => new OutputShape.Choice([.. Enumerable.Range(0, random.Next(1, 6)).Select(option => new OutputShape.Literal($"{"退换问"[..random.Next(1, 4)]}{option}{new string('z', random.Next(4))}"))]),
    }))]);

    private static async Task<(string Text, GenerationUpdate? Last, bool IsCancelled, Exception? Failed)> ReadAsync(SchedulerRig rig, GenerationRequest request, Random random)
    {
        for (var delay = random.Next(3) == 0 ? random.Next(20) : 0; delay > 0; delay--)
        {
            await Task.Yield();
        }

        using var cancellation = new CancellationTokenSource();
        var (reads, isSlow) = (random.Next(3) == 0 ? random.Next(6) : int.MaxValue, random.Next(4) == 0);
        var text = "";
        GenerationUpdate? last = null;
        try
        {
            await foreach (var update in rig.Scheduler.GenerateAsync(request, cancellation.Token))
            {
                text += update.Text;
                last = update;
                if (reads-- == 0 && update.Finish is null)
                {
                    if (random.Next(2) == 0)
                    {
                        return (text, null, true, null);
                    }

                    await cancellation.CancelAsync();
                }

                for (var turn = isSlow ? random.Next(50) : 0; turn > 0; turn--)
                {
                    await Task.Yield();
                }
            }
        }
        catch (OperationCanceledException)
        {
            return (text, null, true, null);
        }
        catch (ModelUnavailableException exception)
        {
            return (text, null, false, exception);
        }

        return (text, last, false, null);
    }

    /// <summary>Nothing runs, nothing waits, and the cache holds what the books say.</summary>
    private static async Task AllIsTidyAsync(SchedulerRig rig)
    {
        // Whoever left early is only gone after the next step.
        for (var tries = 0; rig.Scheduler.Live > 0 && tries < 1000; tries++)
        {
            await Task.Delay(5);
        }

        Assert.Equal(0, rig.Scheduler.Live);
        var status = rig.Scheduler.Status;
        Assert.Equal((0, 0, 0), (status.Running, status.Waiting, status.WaitingTokens));
        Assert.Equal(await rig.BetweenStepsAsync(() => rig.Decoder.UsedCells), rig.Scheduler.Status.UsedCells);
    }
}
