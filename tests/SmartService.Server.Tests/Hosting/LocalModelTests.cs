using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SmartService.Bot.Answers;
using SmartService.Inference.Hosting;
using SmartService.Knowledge;
using SmartService.Server.Hosting;
using SmartService.Testing;
using SmartService.Testing.Stores;

namespace SmartService.Server.Tests.Hosting;

/// <summary>The bot and a model on this machine, put together as in the product, without a model file.</summary>
public sealed class LocalModelTests
{
    private const string Opening = "今天是";
    private const string Rule = "人为破损不在免费维修范围内。";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_read_ahead_is_the_beginning_of_a_turns_prompt_to_the_byte()
    {
        var model = new FakeModelHost { Text = Rule };
        using var bot = Bot(model);

        await ModelWarmUp.RunAsync(bot.Services, NullLogger.Instance, Stop);
        await using var conversation = new RecordingConversation(bot.Services);
        await conversation.SayAsync("沙发抓破了免费修吗");

        Assert.Equal(2, model.Requests.Count);
        var (ahead, turn) = (FakeModelHost.PromptOf(model.Requests[0]), FakeModelHost.PromptOf(model.Requests[1]));
        var shared = ahead[..(ahead.LastIndexOf(Opening, StringComparison.Ordinal) + Opening.Length)];
        Assert.Contains("<tools>", shared, StringComparison.Ordinal);
        Assert.StartsWith(shared, turn, StringComparison.Ordinal);
        Assert.Equal(RequestClass.Background, model.Requests[0].Class);
        Assert.NotNull(model.Requests[0].TimeLimit);
    }

    [Fact]
    public async Task A_request_that_took_too_long_is_given_up_in_the_host_and_the_conversation_goes_on()
    {
        var model = new FakeModelHost { Text = null };
        var time = new FakeTimeProvider(TestBot.Start);
        using var bot = Bot(model, time);
        await using var conversation = new RecordingConversation(bot.Services);

        var reply = conversation.SayAsync("沙发抓破了免费修吗");
        while (model.Requests.Count == 0)
        {
            await Task.Yield();
        }

        time.Advance(TimeSpan.FromSeconds(31));
        Assert.StartsWith(Rule, await reply, StringComparison.Ordinal);
        Assert.Equal("question.passage", conversation.Last.Intent.Name);
        Assert.Equal(1, model.Abandoned);

        model.Text = "人为破损不能免费维修。";
        Assert.StartsWith(model.Text, await conversation.SayAsync("沙发抓破了免费修吗"), StringComparison.Ordinal);
        Assert.Equal(model.Requests[0].Conversation, model.Requests[1].Conversation);
    }

    [Theory]
    [InlineData("Local", true, true, false)]
    [InlineData("Endpoint", false, false, true)]
    public void The_second_rung_is_the_endpoint_or_none(string prefer, bool isLocal, bool hasSecond, bool hasLocalStandIn)
    {
        using var bot = Bot(new FakeModelHost(), settings: [("Model:Endpoint", "http://127.0.0.1:9/v1"), ("Model:Name", "large"), ("Model:Prefer", prefer)]);

        var load = bot.Services.GetRequiredService<ModelLoad>();

        Assert.Equal((isLocal, hasSecond, hasLocalStandIn), (load.IsLocal, load.HasSecond, load.HasLocalStandIn()));
    }

    [Fact]
    public void A_model_that_is_not_loaded_stands_in_for_nobody()
    {
        using var bot = Bot(
            new FakeModelHost { Loading = new TaskCompletionSource().Task },
            settings: [("Model:Endpoint", "http://127.0.0.1:9/v1"), ("Model:Name", "large"), ("Model:Prefer", "Endpoint")]);

        Assert.False(bot.Services.GetRequiredService<ModelLoad>().HasLocalStandIn());
    }

    private static IHost Bot(FakeModelHost model, TimeProvider? time = null, params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Data:Directory"] = TempFolder.Create(),
            ["Model:Path"] = "fake.gguf",
            ["Orders:BaseUrl"] = "http://127.0.0.1:9",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        var builder = SmartServiceHost.CreateCommandBuilder(all);
        builder.Services.AddSingleton<IModelHost>(model).AddSingleton(time ?? TimeProvider.System);
        builder.AddBot();
        builder.Services.AddSingleton<IRetriever>(new FakeRetriever().WhenPassage("破", "《质保与维修》", Rule));
        return builder.Build();
    }
}
