using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartService.Bot.Desk;
using SmartService.Turns;

namespace SmartService.Server.Tests;

/// <summary>What a newcomer sees, over HTTP.</summary>
public sealed class DemoTests(RunningDemo demo)
{
    [Theory]
    [InlineData("/sandbox", HttpStatusCode.OK)]
    [InlineData("/desk/login", HttpStatusCode.OK)]
    [InlineData("/desk", HttpStatusCode.Redirect)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    [InlineData("/health/ready", HttpStatusCode.OK)]
    [InlineData("/metrics", HttpStatusCode.OK)]
    [InlineData("/openapi/v1.json", HttpStatusCode.OK)]
    public async Task Every_address_of_the_demo_answers(string path, HttpStatusCode expected)
    {
        using var answer = await demo.Http.GetAsync(path);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task A_question_gets_the_shops_rule_with_its_source()
    {
        await demo.SayAsync("wmRule", "沙发布面破了能免费修吗");

        var reply = Assert.Single(await demo.RepliesAsync("wmRule", 1));

        Assert.Contains("不在免费质保范围", reply, StringComparison.Ordinal);
        Assert.Contains("来源", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_the_documents_do_not_answer_is_declined_with_the_offer_of_a_human()
    {
        await demo.SayAsync("wmHours", "你们店几点开门");

        var reply = Assert.Single(await demo.RepliesAsync("wmHours", 1));

        Assert.Contains("资料里没有", reply, StringComparison.Ordinal);
        Assert.Contains("转人工", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_human_takes_over_answers_and_gives_back()
    {
        const string Customer = "wmHandoff";
        var conversation = RunningDemo.ConversationOf(Customer);
        var desk = demo.Server.Services.GetRequiredService<ConversationDesk>();
        var log = demo.Server.Services.GetRequiredService<ConversationLog>();

        await demo.SayAsync(Customer, "转人工");
        await demo.RepliesAsync(Customer, 1);
        Assert.Equal(ConversationOwner.Queue, (await log.FactsAsync(conversation, default))!.Owner);

        Assert.True((await desk.TakeAsync(conversation, demo.Server.AgentName, null, default)).Succeeded);
        Assert.True((await desk.ReplyAsync(conversation, demo.Server.AgentName, "r1", "您好，我是人工客服小木。", default)).Succeeded);
        Assert.Contains("小木", (await demo.RepliesAsync(Customer, 2))[^1], StringComparison.Ordinal);

        // While a human owns the conversation the bot is silent, even to a question it could answer.
        await demo.SayAsync(Customer, "云朵沙发多少钱");
        await WaitForTurnAsync(log, conversation, turns: 2);
        Assert.Equal(2, (await demo.RepliesNowAsync(Customer)).Count);

        Assert.True((await desk.GiveBackAsync(conversation, demo.Server.AgentName, null, default)).Succeeded);
        var notified = (await demo.RepliesAsync(Customer, 3)).Count;
        await demo.SayAsync(Customer, "云朵沙发多少钱");
        Assert.Contains("2999", (await demo.RepliesAsync(Customer, notified + 1))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_fragments_become_one_answer()
    {
        foreach (var fragment in (string[])["你好", "想问", "一下", "你们", "那个", "云朵沙发", "的", "质保", "是", "多久"])
        {
            await demo.SayAsync("wmFragments", fragment);
        }

        var reply = Assert.Single(await demo.RepliesAsync("wmFragments", 1));

        Assert.Contains("60", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_product_card_makes_its_product_the_topic()
    {
        await demo.PostAsync("wmCard", new
        {
            open_kfid = "wkStandInShop000000000000000001",
            msgtype = "channels_shop_product",
            channels_shop_product = new { product_id = "BD001", title = "山茶实木双人床", sales_price = "368000" },
        });
        var shown = await demo.RepliesAsync("wmCard", 1);

        await demo.SayAsync("wmCard", "这个多少钱");

        Assert.Contains("3680", (await demo.RepliesAsync("wmCard", shown.Count + 1))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_kind_of_message_gets_a_word_and_breaks_nothing()
    {
        await demo.PostAsync("wmUnknown", new { open_kfid = "wkStandInShop000000000000000001", msgtype = "hologram", hologram = new { depth = 3 } });
        var reactions = await demo.RepliesAsync("wmUnknown", 1);
        Assert.NotEmpty(reactions);

        await demo.SayAsync("wmUnknown", "云朵沙发多少钱");

        Assert.Contains("2999", (await demo.RepliesAsync("wmUnknown", reactions.Count + 1))[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_is_shown_after_its_phone_number_was_checked()
    {
        await demo.SayAsync("wmOrder", "帮我查一下订单 MY20261122001 到哪了");
        Assert.Contains("后四位", Assert.Single(await demo.RepliesAsync("wmOrder", 1)), StringComparison.Ordinal);

        await demo.SayAsync("wmOrder", "4478");

        Assert.Contains("运输中", (await demo.RepliesAsync("wmOrder", 2))[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cards_of_the_sandbox_are_products_of_the_shop()
    {
        var knowledge = demo.Server.Services.GetRequiredService<Knowledge.IRetriever>();
        foreach (var card in DemoCards())
        {
            var found = await knowledge.RetrieveAsync(new Knowledge.KnowledgeQuery($"{card.Title}多少钱", DateTimeOffset.UnixEpoch.AddDays(20_800)));

            Assert.Contains(found.Facts, fact => fact.Subject == card.Title && "¥" + fact.Number?.ToString("0", System.Globalization.CultureInfo.InvariantCulture) == card.Price);
        }
    }

    [Fact]
    public async Task Metrics_hold_what_an_operator_watches()
    {
        await demo.SayAsync("wmMetrics", "你好");
        await demo.RepliesAsync("wmMetrics", 1);

        // Only streams of static meters: other hosts of this test process end meanwhile, and with each the SDK closes the streams
        // of the same name, also ours. A server has one host per process.
        string text;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        do
        {
            await Task.Delay(100, patience.Token);
            text = await demo.Http.GetStringAsync("/metrics", patience.Token);
        }
        while (!text.Contains("smartservice_answers_total", StringComparison.Ordinal));

        Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
        Assert.DoesNotContain("wmMetrics", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_lists_what_is_wrong_as_json()
    {
        using var ready = JsonDocument.Parse(await demo.Http.GetStringAsync("/health/ready"));

        Assert.Equal("ok", ready.RootElement.GetProperty("status").GetString());
        Assert.Equal(0, ready.RootElement.GetProperty("wrong").GetArrayLength());
    }

    private static IEnumerable<StandIn.SandboxProduct> DemoCards() => Demo.DemoSettings.StandIn().Products;

    private static async Task WaitForTurnAsync(ConversationLog log, string conversation, int turns)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await log.PageAsync(conversation, LogCursor.Newest, 50, patience.Token)).Turns.Count < turns)
        {
            await Task.Delay(50, patience.Token);
        }
    }
}
