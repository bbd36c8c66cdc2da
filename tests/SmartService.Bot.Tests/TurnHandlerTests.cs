using SmartService.Knowledge;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Bot.Tests;

public sealed class TurnHandlerTests
{
    [Fact]
    public async Task Fragments_are_one_question()
    {
        var knowledge = new FakeRetriever().WhenFaq("沙发 免费修", "布面破了能免费修吗", "布面非人为破损质保期内免费维修。");
        await using var conversation = TestBot.Conversation(knowledge);

        var reply = await conversation.SayAsync("你好", "我想问一下", "沙发", "沙发", "布面破了", "能免费修吗");

        Assert.Contains("免费维修", reply, StringComparison.Ordinal);
        Assert.Equal("沙发 布面破了 能免费修吗", Assert.Single(knowledge.Queries).Text);
    }

    [Fact]
    public async Task An_event_or_a_human_in_the_platforms_client_gets_no_reply()
    {
        await using var conversation = TestBot.Conversation();

        Assert.Empty(await conversation.SendAsync(MessageOrigin.System, new EventBody("enter_session", new Dictionary<string, string> { ["welcome_code"] = "x" })));
        Assert.Equal(TurnOutcome.Silent, conversation.Last.Outcome);
        Assert.Empty(await conversation.SendAsync(MessageOrigin.Servicer, new TextBody("我来处理")));
        Assert.Equal(TurnOutcome.Silent, conversation.Last.Outcome);
    }

    [Theory]
    [InlineData(MediaKind.Image, "图片")]
    [InlineData(MediaKind.Voice, "语音")]
    [InlineData(MediaKind.Video, "视频")]
    [InlineData(MediaKind.File, "文件")]
    public async Task The_bot_says_honestly_that_it_cannot_look_at_media(MediaKind kind, string word)
    {
        await using var conversation = TestBot.Conversation();

        var reply = await conversation.SendAsync(new MediaBody(kind, "media-1"));

        Assert.Contains(word, reply, StringComparison.Ordinal);
        Assert.Contains("[转人工]", reply, StringComparison.Ordinal);
        Assert.Single(conversation.Last.Reply);
        Assert.DoesNotContain("同时", reply, StringComparison.Ordinal);
        Assert.Equal(0, conversation.State.Declines);
    }

    [Fact]
    public async Task A_picture_with_words_is_answered_by_the_words_and_mentioned()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever().WhenFaq("色差", "有色差怎么办", "签收7天内可以换货。"));

        var reply = await conversation.SendAsync(new MediaBody(MediaKind.Image, "media-1"), new TextBody("有色差怎么办"));

        Assert.Contains("7天内可以换货", reply, StringComparison.Ordinal);
        Assert.Contains("图片我看不了", reply, StringComparison.Ordinal);
        Assert.Single(conversation.Last.Reply);
    }

    [Fact]
    public async Task A_picture_with_words_that_are_declined_is_mentioned_too()
    {
        await using var conversation = TestBot.Conversation();

        var reply = await conversation.SendAsync(new MediaBody(MediaKind.Image, "media-1"), new TextBody("这是什么木头"));

        Assert.Contains("图片我看不了", reply, StringComparison.Ordinal);
        Assert.Equal(TurnOutcome.Declined, conversation.Last.Outcome);
    }

    [Fact]
    public async Task Places_links_and_unknown_kinds_get_a_sensible_reply()
    {
        await using var conversation = TestBot.Conversation();

        Assert.Contains("位置", await conversation.SendAsync(new LocationBody(31.2, 121.5, "家", "上海")), StringComparison.Ordinal);
        Assert.Contains("链接", await conversation.SendAsync(new LinkBody("标题", null, "https://example.com")), StringComparison.Ordinal);
        Assert.Contains("看不了", await conversation.SendAsync(new UnsupportedBody("channels", "{}")), StringComparison.Ordinal);
        Assert.Single(conversation.Last.Reply);
        Assert.Contains("查不了订单", await conversation.SendAsync(new OrderBody("A1", null, null, null)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_product_card_shows_the_facts_and_becomes_the_topic()
    {
        var knowledge = new FakeRetriever()
            .When("云栖沙发 质保", new Grounding { Answerable = true, Confidence = 0.9, Facts = [new Fact("f", "云栖沙发", "质保", "3年", 3, "年", "商品目录")], Products = ["云栖沙发"] })
            .WhenFacts("云栖沙发", FakeRetriever.Price("云栖沙发", 2999), new Fact("f2", "云栖沙发", "材质", "棉麻", null, null, "商品目录"));
        await using var conversation = TestBot.Conversation(knowledge);

        var card = await conversation.SendAsync(new ProductBody("1", "云栖沙发", "¥2999", "木屿家居"));
        Assert.Contains("价格：2999元", card, StringComparison.Ordinal);
        Assert.Equal("云栖沙发", conversation.State.Topic);

        Assert.Contains("3年", await conversation.SayAsync("质保多久"), StringComparison.Ordinal);
        Assert.Equal("云栖沙发", knowledge.Queries[^1].Topic);
    }

    [Fact]
    public async Task A_product_card_with_words_is_a_question_about_the_product()
    {
        var knowledge = new FakeRetriever().WhenFacts("云栖沙发", FakeRetriever.Price("云栖沙发", 2999));
        await using var conversation = TestBot.Conversation(knowledge);

        var reply = await conversation.SendAsync(new ProductBody(null, "云栖沙发", null, null), new TextBody("这个多少钱"));

        Assert.StartsWith("云栖沙发的价格是2999元。", reply, StringComparison.Ordinal);
        Assert.Equal("云栖沙发", knowledge.Queries[^1].Topic);
    }

    [Fact]
    public async Task A_product_that_nobody_knows_is_not_invented()
    {
        await using var conversation = TestBot.Conversation();

        Assert.Contains("没有它的介绍", await conversation.SendAsync(new ProductBody(null, "火星沙发", null, null)), StringComparison.Ordinal);
        Assert.Contains("没有它的介绍", await conversation.SendAsync(new ProductBody(null, null, null, null)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("继续")]
    [InlineData("继续说")]
    [InlineData("还有呢？")]
    public async Task A_long_answer_goes_on_when_the_customer_asks(string text)
    {
        await using var conversation = TestBot.Conversation();
        conversation.State = new DialogueState { Continuation = "第二部分内容。" };

        Assert.Equal("第二部分内容。", await conversation.SayAsync(text));
        Assert.Null(conversation.State.Continuation);
        Assert.Contains("已经全部发给您", await conversation.ClickAsync(new MenuItem("continue", "继续")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_novel_is_not_searched_for()
    {
        var knowledge = new FakeRetriever();
        await using var conversation = TestBot.Conversation(knowledge);

        var reply = await conversation.SayAsync(string.Concat(Enumerable.Repeat("沙发很好😀", 20_000)));

        Assert.Contains("比较长", reply, StringComparison.Ordinal);
        Assert.Empty(knowledge.Queries);
    }

    [Theory]
    [InlineData("\ud83d")]
    [InlineData("沙发\udc00多少钱")]
    [InlineData("\0\u200b\ufeff")]
    public async Task Broken_and_invisible_characters_do_no_harm(string text)
    {
        await using var conversation = TestBot.Conversation();
        Assert.NotEmpty(await conversation.SayAsync(text));
    }

    [Theory]
    [InlineData("我的电话13812345678能改吗")]
    [InlineData("看看 https://evil.example/x 这个")]
    [InlineData("<b>加粗</b>怎么弄")]
    public async Task A_decline_repeats_no_phones_links_or_markup(string text)
    {
        await using var conversation = TestBot.Conversation();

        var reply = await conversation.SayAsync(text);

        Assert.Contains("资料里没有您问的这一点的说明", reply.Replace("我查过了，", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_knowledge_base_fails_the_turn_so_that_it_is_tried_again()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever { Failure = new InvalidOperationException("away") });
        await Assert.ThrowsAsync<InvalidOperationException>(() => conversation.SayAsync("运费多少"));
    }

    [Fact]
    public async Task The_end_of_the_turn_and_its_timings_are_noted()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever().WhenFaq("运费", "运费多少", "江浙沪包邮。"));

        await conversation.SayAsync("运费多少");

        Assert.Equal(conversation.Now, conversation.State.UpdatedAt);
        Assert.Equal("question.faq", conversation.Last.Intent.Name);
        Assert.Equal(0.9, conversation.Last.Intent.Confidence);
    }
}
