using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Answers;
using SmartService.Bot.Plugins;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Answers;

/// <summary>What customers get while the model's machine has more to do than it can.</summary>
public sealed class LadderTests
{
    private const string Rule = "人为破损不在免费维修范围内，可付费维修，每处80元。";
    private static readonly string Long = string.Concat(Enumerable.Range(1, 40).Select(at => $"质保条款第{at}条，人为破损另见说明。"));

    private static readonly FakeRetriever Knowledge = new FakeRetriever()
        .WhenPassage("破", "《质保与维修》", Rule + Long, Rule);

    [Fact]
    public async Task A_saturated_machine_is_asked_once_more_with_less_to_read()
    {
        using var model = new ScriptedChatClient().Breaks(new BusyException()).Says("人为破损不能免费维修。");
        await using var conversation = Conversation(model);
        using var rungs = new Rungs();
        await conversation.SayAsync("你好");

        Assert.StartsWith("人为破损不能免费维修。", await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);

        Assert.Equal(["shorter_context"], rungs.Taken);
        var (usual, shorter) = (Text(model, 0), Text(model, 1));
        Assert.True(shorter.Length < usual.Length);
        Assert.Contains("你好", usual, StringComparison.Ordinal);
        Assert.DoesNotContain("你好", shorter, StringComparison.Ordinal);
        Assert.Contains(Rule, shorter, StringComparison.Ordinal);
        Assert.True(model.Options[1]!.MaxOutputTokens < model.Options[0]!.MaxOutputTokens);
        Assert.All(model.Options, options => Assert.Equal("first", options!.AdditionalProperties!["route"]));
    }

    [Fact]
    public async Task A_long_queue_makes_the_prompt_short_before_anything_is_refused()
    {
        using var model = new ScriptedChatClient().Says("人为破损不能免费维修。");
        await using var conversation = Conversation(model, new ModelLoad { EstimatedWait = () => TimeSpan.FromSeconds(6) });
        using var rungs = new Rungs();

        await conversation.SayAsync("沙发抓破了免费修吗");

        Assert.Equal(["shorter_context"], rungs.Taken);
        Assert.Equal("question.model", conversation.Last.Intent.Name);
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task When_it_stays_saturated_the_quote_is_the_answer()
    {
        using var model = new ScriptedChatClient().Breaks(new BusyException());
        await using var conversation = Conversation(model, new ModelLoad { HasSecond = true });
        using var rungs = new Rungs();

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);

        Assert.Equal(["shorter_context", "extractive"], rungs.Taken);
        Assert.Equal(2, model.Requests.Count);
    }

    [Fact]
    public async Task A_queue_beyond_all_patience_is_not_joined()
    {
        using var model = new ScriptedChatClient().Says("人为破损不能免费维修。");
        await using var conversation = Conversation(model, new ModelLoad { EstimatedWait = () => TimeSpan.FromMinutes(2) });
        using var rungs = new Rungs();

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);

        Assert.Equal(["extractive"], rungs.Taken);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task Without_a_quote_the_second_model_is_asked()
    {
        using var model = new ScriptedChatClient().Breaks(new BusyException()).Breaks(new BusyException()).Calls("shop_stock", new { product = "云栖沙发" }).Says("云栖沙发库存12件。");
        await using var conversation = Conversation(model, new ModelLoad { HasSecond = true });
        using var rungs = new Rungs();

        Assert.Equal("云栖沙发库存12件。\n（来源：查询库存）", await conversation.SayAsync("云栖沙发还有货吗"));

        Assert.Equal(["shorter_context", "second_endpoint"], rungs.Taken);
        Assert.Equal(["first", "first", "second", "second"], model.Options.Select(options => options!.AdditionalProperties!["route"]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task When_nothing_is_left_a_human_is_called_and_the_customer_told(bool second)
    {
        using var model = new ScriptedChatClient().Breaks(new BusyException());
        await using var conversation = Conversation(model, new ModelLoad { HasSecond = second });
        using var rungs = new Rungs();

        var reply = await conversation.SayAsync("云栖沙发还有货吗");

        Assert.StartsWith("现在咨询的人比较多", reply, StringComparison.Ordinal);
        Assert.Equal((TurnOutcome.HandedOff, HandoffReason.Saturated), (conversation.Last.Outcome, conversation.Last.Handoff));
        Assert.Equal(second ? ["shorter_context", "second_endpoint", "human"] : ["shorter_context", "human"], rungs.Taken);
    }

    [Fact]
    public async Task What_the_second_model_invents_is_not_said_and_a_human_is_called()
    {
        using var model = new ScriptedChatClient().Breaks(new BusyException()).Breaks(new BusyException()).Calls("shop_stock", new { product = "云栖沙发" }).Says("云栖沙发库存99件。");
        await using var conversation = Conversation(model, new ModelLoad { HasSecond = true });
        using var rungs = new Rungs();

        Assert.StartsWith("现在咨询的人比较多", await conversation.SayAsync("云栖沙发还有货吗"), StringComparison.Ordinal);

        Assert.Equal(["shorter_context", "second_endpoint", "human"], rungs.Taken);
        Assert.Equal((TurnOutcome.HandedOff, HandoffReason.Saturated), (conversation.Last.Outcome, conversation.Last.Handoff));
    }

    [Fact]
    public async Task An_answer_that_its_own_deadline_cut_is_tried_shorter()
    {
        using var model = new ScriptedChatClient().Says("人为破损", new ChatFinishReason("deadline")).Says("人为破损不能免费维修。");
        await using var conversation = Conversation(model);
        using var rungs = new Rungs();

        Assert.StartsWith("人为破损不能免费维修。", await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);

        Assert.Equal(["shorter_context"], rungs.Taken);
    }

    [Fact]
    public async Task When_the_time_is_up_the_next_rung_is_one_that_needs_none_and_the_conversation_goes_on()
    {
        using var model = new ScriptedChatClient().Hangs("人为破损").Says("人为破损不能免费维修。");
        var time = new FakeTimeProvider(TestBot.Start);
        await using var conversation = TestBot.Conversation(Knowledge, services => services.AddSingleton<TimeProvider>(time), model);
        using var rungs = new Rungs();

        var reply = conversation.SayAsync("沙发抓破了免费修吗");
        await AskedAsync(model, 1);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.StartsWith(Rule, await reply, StringComparison.Ordinal);

        Assert.Equal(["extractive"], rungs.Taken);
        Assert.StartsWith("人为破损不能免费维修。", await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_time_is_up_and_nothing_can_be_quoted_the_second_model_is_asked()
    {
        using var model = new ScriptedChatClient().Hangs().Calls("shop_stock", new { product = "云栖沙发" }).Says("云栖沙发库存12件。");
        var time = new FakeTimeProvider(TestBot.Start);
        await using var conversation = TestBot.Conversation(
            Knowledge, services => services.AddPlugin<ResponderTests.Shop>().AddSingleton<TimeProvider>(time).AddSingleton(new ModelLoad { HasSecond = true }), model);
        using var rungs = new Rungs();

        var reply = conversation.SayAsync("云栖沙发还有货吗");
        await AskedAsync(model, 1);
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("云栖沙发库存12件。\n（来源：查询库存）", await reply);

        Assert.Equal(["second_endpoint"], rungs.Taken);
    }

    [Fact]
    public async Task A_model_that_is_broken_is_not_saturated()
    {
        using var model = new ScriptedChatClient().Breaks(new HttpRequestException("503"));
        await using var conversation = Conversation(model);
        using var rungs = new Rungs();

        Assert.StartsWith(Rule, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);

        Assert.Empty(rungs.Taken);
        Assert.Single(model.Requests);
    }

    private static async Task AskedAsync(ScriptedChatClient model, int requests)
    {
        while (model.Requests.Count < requests)
        {
            await Task.Yield();
        }
    }

    private static string Text(ScriptedChatClient model, int request) => string.Join('\n', model.Requests[request].Select(message => message.Text));

    private static RecordingConversation Conversation(ScriptedChatClient model, ModelLoad? load = null) => TestBot.Conversation(
        Knowledge,
        services => services.AddPlugin<ResponderTests.Shop>().AddSingleton((load ?? new ModelLoad()) with { IsSaturated = exception => exception is BusyException }),
        model);

#pragma warning disable RCS1194 // Thrown by this test alone.
    private sealed class BusyException : Exception;
#pragma warning restore RCS1194

    /// <summary>The rungs that were counted on this test's own flow of execution; other tests count at the same time.</summary>
    private sealed class Rungs : IDisposable
    {
        private static readonly AsyncLocal<Rungs?> Current = new();
        private readonly MeterListener _listener = new();

        public Rungs()
        {
            Current.Value = this;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "smartservice.model.rungs")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                if (Current.Value == this)
                {
                    Taken.Add((string)tags[0].Value!);
                }
            });
            _listener.Start();
        }

        public List<string> Taken { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
