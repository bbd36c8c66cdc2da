using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

/// <summary>Order is read off the batches, and off a clock that moves with them only, never off when readers of a busy machine come to it.</summary>
public sealed class FairnessTests
{
    private readonly FakeModel _model = new(new FakeVocabulary()) { AverageLength = 1_000_000 };
    private readonly FakeTimeProvider _time = new();
    private readonly List<int[]> _batches = [];
    private readonly List<(TimeSpan End, string Name)> _ends = [];
    private readonly List<string> _order = [];

    [Fact]
    public async Task A_long_prompt_does_not_hold_up_a_text_that_is_being_written()
    {
        await using var rig = Rig();
        await Held(rig, () => [rig.RunAsync(Ask("w", 600)), rig.RunAsync(Ask(new string('P', 2000), 1))]);
        var withPrompt = _batches.Where(batch => batch.Contains('P')).ToList();
        // Every step that computes a part of the prompt brings the other text its token.
        Assert.All(withPrompt, batch => Assert.Equal(batch.Count(token => token == 'P') + 1, batch.Length));
        Assert.True(withPrompt.Count >= 2000 / 256);
    }

    [Fact]
    public async Task Two_tenants_get_the_same_whatever_they_submit()
    {
        await using var rig = Rig(new() { Parallel = 4, Lookup = LookupDecoding.Off });
        await Held(rig, () =>
        {
            var many = Enumerable.Range(0, 20).Select(number => Note(rig, Ask($"a{number}", 10) with { Tenant = "a" }));
            return [.. many, .. Enumerable.Range(0, 4).Select(number => Note(rig, Ask($"b{number}", 10) with { Tenant = "b" }))];
        });
        // 24 requests: those of the small tenant are not behind the twenty that came before them.
        Assert.True(_order.LastIndexOf("b") < 12, string.Concat(_order));
    }

    [Fact]
    public async Task A_conversation_with_many_questions_does_not_hold_up_another()
    {
        await using var rig = Rig(new() { Parallel = 1 });
        await Held(rig, () =>
        {
            var many = Enumerable.Range(0, 10).Select(number => Note(rig, Ask($"a{number}", 3) with { Conversation = "a" }));
            return [.. many, Note(rig, Ask("b", 3) with { Conversation = "b" })];
        });
        Assert.InRange(_order.IndexOf("b"), 0, 2);
    }

    [Fact]
    public async Task Requests_of_one_conversation_end_in_the_order_they_came()
    {
        await using var rig = Rig();
        await Held(rig, () => [.. Enumerable.Range(0, 8).Select(number => Note(rig, Ask($"{number}", 20 - (2 * number)) with { Conversation = "a" }, $"{number}"))]);
        Assert.Equal("01234567", string.Concat(_order));
    }

    [Fact]
    public async Task Interactive_requests_go_before_background_ones()
    {
        await using var rig = Rig(new() { Parallel = 1 });
        await Held(rig, () =>
        {
            var background = Enumerable.Range(0, 3).Select(number => Note(rig, Ask($"b{number}", 3) with { Class = RequestClass.Background }, "b"));
            return [.. background, .. Enumerable.Range(0, 3).Select(number => Note(rig, Ask($"i{number}", 3), "i"))];
        });
        Assert.Equal("iiibbb", string.Concat(_order));
    }

    [Fact]
    public async Task Of_two_prompts_the_shorter_is_done_first()
    {
        await using var rig = Rig();
        await Held(rig, () => [Note(rig, Ask(new string('l', 900), 1), "long"), Note(rig, Ask(new string('s', 60), 1), "short")]);
        Assert.Equal(["short", "long"], _order);
    }

    [Fact]
    public async Task A_long_prompt_ends_although_short_ones_keep_coming()
    {
        await using var rig = Rig();
        var isDone = false;
        var pending = rig.RunAsync(Ask(new string('l', 3000), 1)).ContinueWith(_ => isDone = true, TaskScheduler.Default);
        var streams = Enumerable.Range(0, 4).Select(async stream =>
        {
            for (var number = 0; !isDone; number++)
            {
                Assert.True(number < 2000, "the long prompt starves");
                await rig.RunAsync(Ask($"{stream}{number}{new string('s', 40)}", 1));
            }
        });
        await Task.WhenAll([pending, .. streams]);
    }

    [Fact]
    public async Task A_request_of_a_tenant_without_any_gets_a_place_beyond_the_limit()
    {
        await using var rig = Rig(new() { Parallel = 2 });
        await using var first = rig.Scheduler.GenerateAsync(Ask("x", 3000) with { Tenant = "a" }, CancellationToken.None).GetAsyncEnumerator();
        await using var second = rig.Scheduler.GenerateAsync(Ask("y", 3000) with { Tenant = "a" }, CancellationToken.None).GetAsyncEnumerator();
        await first.MoveNextAsync();
        await second.MoveNextAsync();
        Assert.Equal(rig.Expected("z", 5), await rig.TextAsync(Ask("z", 5) with { Tenant = "b" }));
        Assert.Equal(2, rig.Scheduler.Live);
    }

    /// <summary>Submits everything while the inference thread is busy, so that the order is the scheduler's.</summary>
    private async Task Held(SchedulerRig rig, Func<List<Task>> submit)
    {
        using var open = new ManualResetEventSlim();
        var held = rig.BetweenStepsAsync(() => open.Wait(TimeSpan.FromSeconds(30)));
        var tasks = submit();
        open.Set();
        Assert.True(await held);
        await Task.WhenAll(tasks);
        _order.AddRange(_ends.OrderBy(end => end.End).Select(end => end.Name));
    }

    private async Task Note(SchedulerRig rig, GenerationRequest request, string? name = null)
    {
        // All are submitted at the same moment of the decoder's clock, so how long one took says in which step it ended.
        var (_, last) = await rig.RunAsync(request);
        lock (_ends)
        {
            _ends.Add((last.Usage!.Duration, name ?? request.Tenant + request.Conversation));
        }
    }

    private SchedulerRig Rig(SchedulerOptions? options = null)
    {
        var decoder = new FakeDecoder(_model)
        {
            Before = batch =>
            {
                _batches.Add(batch.Tokens.ToArray());
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return DecodeStatus.Ok;
            },
        };
        return new(options, decoder, _model, _time);
    }
}
