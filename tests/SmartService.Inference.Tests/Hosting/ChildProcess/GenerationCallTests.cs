using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using SmartService.Inference.Hosting;
using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class GenerationCallTests
{
    private static readonly GenerationRequest Free = new()
    {
        Prompt = [new PromptBlock([new PromptSegment("提示", IsTemplate: true)])],
        MaxTokens = 100,
    };

    private static readonly GenerationRequest Shaped = Free with { Shape = new OutputShape.Json("{}") };

    private static readonly GenerationUsage Usage = new(30, 10, 7, 0, 0, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Free_text_goes_on_behind_what_was_delivered()
    {
        var call = new GenerationCall(Free, 64, _time);
        Assert.Single(Sent(call).Prompt);
        Text(call, "从前有", 3);
        Text(call, "一只<|im_end|>", 5);
        var again = Sent(call);
        Assert.Equal(2, again.Prompt.Count);
        Assert.Equal(new PromptSegment("从前有一只<|im_end|>", IsTemplate: false), Assert.Single(again.Prompt[1].Segments));
        Assert.True(again.Prompt[1].Required);
        Assert.Equal(95, again.MaxTokens);
        Text(call, "猫", 1);
        Assert.Equal(Answer.Last, Update(call, new GenerationUpdate("。") { OutputTokens = 2, Finish = FinishReason.Stop, Usage = Usage }));
        var updates = await call.Updates.ReadAllAsync().ToListAsync();
        Assert.Equal("从前有一只<|im_end|>猫。", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal([3, 5, 6, 7], updates.Select(update => update.OutputTokens));
        Assert.Equal((25, 12), (updates[^1].Usage!.PromptTokens, updates[^1].Usage!.OutputTokens));
    }

    [Fact]
    public async Task A_shape_is_generated_again_and_delivered_once()
    {
        var call = new GenerationCall(Shaped, 64, _time);
        var seed = Sent(call).Sampling.Seed;
        Assert.NotNull(seed);
        Text(call, "{\"a\":", 1);
        Text(call, "12", 2);
        var again = Sent(call);
        Assert.Single(again.Prompt);
        Assert.Equal(seed, again.Sampling.Seed);
        Assert.Equal(Answer.Known, Text(call, "{\"a", 1));
        Assert.Equal(Answer.Known, Text(call, "\":1", 2));
        Assert.Equal(Answer.Further, Text(call, "23", 3));
        Update(call, new GenerationUpdate("}") { Finish = FinishReason.Stop, Usage = Usage });
        Assert.Equal("{\"a\":123}", string.Concat((await call.Updates.ReadAllAsync().ToListAsync()).Select(update => update.Text)));
    }

    [Fact]
    public async Task Text_with_a_control_token_in_it_is_generated_again_and_other_text_of_the_same_request_is_not()
    {
        var request = Free with { ControlMarks = ["[TOOL_CALLS]"] };
        var plain = new GenerationCall(request, 64, _time);
        Sent(plain);
        Text(plain, "好的", 2);
        Assert.Equal(2, Sent(plain).Prompt.Count);
        var call = new GenerationCall(request, 64, _time);
        Sent(call);
        Text(call, "好的[TOOL_CALLS][{", 3);
        Assert.Single(Sent(call).Prompt);
        Text(call, "好的[TOOL_CALLS][{\"name", 4);
        Update(call, new GenerationUpdate("\"}]") { OutputTokens = 6, Finish = FinishReason.Stop, Usage = Usage });
        Assert.Equal("好的[TOOL_CALLS][{\"name\"}]", string.Concat((await call.Updates.ReadAllAsync().ToListAsync()).Select(update => update.Text)));
    }

    [Fact]
    public async Task A_shape_that_comes_out_otherwise_fails()
    {
        var call = new GenerationCall(Shaped, 64, _time);
        Sent(call);
        Text(call, "{\"a\":12", 1);
        Sent(call);
        Assert.Equal(Answer.Last, Text(call, "{\"b\":12", 1));
        await Assert.ThrowsAsync<ModelUnavailableException>(async () => await call.Updates.ReadAllAsync().ToListAsync());
    }

    [Fact]
    public async Task A_shape_that_ends_before_what_was_delivered_fails()
    {
        var call = new GenerationCall(Shaped, 64, _time);
        Sent(call);
        Text(call, "12345", 1);
        Sent(call);
        Assert.Equal(Answer.Last, Update(call, new GenerationUpdate("12") { Finish = FinishReason.Stop, Usage = Usage }));
        await Assert.ThrowsAsync<ModelUnavailableException>(async () => await call.Updates.ReadAllAsync().ToListAsync());
    }

    [Fact]
    public void A_seed_that_was_asked_for_is_kept() =>
        Assert.Equal(5UL, Sent(new GenerationCall(Free with { Sampling = new() { Seed = 5 } }, 64, _time)).Sampling.Seed);

    [Fact]
    public async Task Time_that_passed_before_a_replay_counts()
    {
        var call = new GenerationCall(Free with { TimeLimit = TimeSpan.FromSeconds(10) }, 64, _time);
        Assert.Equal(TimeSpan.FromSeconds(10), Sent(call).TimeLimit);
        Text(call, "半", 1);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.FromSeconds(6), Sent(call).TimeLimit);
        Assert.False(call.Expired());
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Null(call.Encode());
        var last = (await call.Updates.ReadAllAsync().ToListAsync())[^1];
        Assert.Equal(FinishReason.Deadline, last.Finish);
        Assert.Equal(TimeSpan.FromSeconds(11), last.Usage!.Duration);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_child_ends_with_its_time()
    {
        var call = new GenerationCall(Free with { TimeLimit = TimeSpan.FromSeconds(10) }, 64, _time);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(call.Expired());
        Assert.Equal(FinishReason.Deadline, Assert.Single(await call.Updates.ReadAllAsync().ToListAsync()).Finish);
    }

    [Fact]
    public async Task Nothing_is_left_to_generate_when_the_lost_child_had_used_the_token_limit_up()
    {
        var call = new GenerationCall(Free with { MaxTokens = 2 }, 64, _time);
        Sent(call);
        Text(call, "两个", 2);
        Assert.Null(call.Encode());
        Assert.Equal(FinishReason.Length, (await call.Updates.ReadAllAsync().ToListAsync())[^1].Finish);
    }

    [Fact]
    public async Task Text_that_fills_the_context_with_its_prompt_is_cut_off_and_says_so()
    {
        var call = new GenerationCall(Free, 64, _time);
        Sent(call);
        Text(call, "很长", 2);
        Sent(call);
        Fail(call, new PromptTooLongException("too long"));
        Assert.Equal(FinishReason.Length, (await call.Updates.ReadAllAsync().ToListAsync())[^1].Finish);
    }

    [Fact]
    public async Task A_child_without_room_refuses_a_new_request_as_saturated_and_a_begun_one_as_lost()
    {
        var fresh = new GenerationCall(Free, 64, _time);
        Sent(fresh);
        Fail(fresh, new ModelSaturatedException("full"));
        await Assert.ThrowsAsync<ModelSaturatedException>(async () => await fresh.Updates.ReadAllAsync().ToListAsync());
        var begun = new GenerationCall(Free, 64, _time);
        Sent(begun);
        Text(begun, "半", 1);
        Sent(begun);
        Fail(begun, new ModelSaturatedException("full"));
        await Assert.ThrowsAsync<ModelUnavailableException>(async () => await begun.Updates.ReadAllAsync().ToListAsync());
    }

    [Fact]
    public void A_child_that_sends_more_than_there_is_room_for_breaks_the_protocol()
    {
        var call = new GenerationCall(Free, 8, _time);
        Sent(call);
        Assert.Throws<ProtocolException>(() =>
        {
            for (var at = 0; at < 100; at++)
            {
                Text(call, "水", at);
            }
        });
    }

    [Fact]
    public void A_reader_makes_room_in_halves_of_the_window()
    {
        var call = new GenerationCall(Free, 8, _time);
        Sent(call);
        Assert.Equal([0, 0, 0, 4, 0, 0, 0, 4], Enumerable.Range(0, 8).Select(_ => call.Taken()));
    }

    private static GenerationRequest Sent(GenerationCall call) => WireJson.Read(call.Encode(), WireJson.Compact.GenerationRequest);

    private static Answer Text(GenerationCall call, string text, int tokens) =>
        call.Take(new Frame(FrameKind.Text, 1, (byte[])[.. BitConverter.GetBytes(tokens), .. Encoding.UTF8.GetBytes(text)]));

    private static Answer Update(GenerationCall call, GenerationUpdate update) =>
        call.Take(new Frame(FrameKind.Update, 1, JsonSerializer.SerializeToUtf8Bytes(update, WireJson.Compact.GenerationUpdate)));

    private static void Fail(GenerationCall call, Exception exception) =>
        call.Take(new Frame(FrameKind.Failed, 1, JsonSerializer.SerializeToUtf8Bytes(WireFailure.Of(exception), WireJson.Compact.WireFailure)));
}
