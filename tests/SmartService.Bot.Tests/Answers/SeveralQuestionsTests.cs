using SmartService.Bot.Answers;
using SmartService.Knowledge;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Answers;

public sealed class SeveralQuestionsTests
{
    [Theory]
    [InlineData("多少钱，有货吗，几天能到")]
    [InlineData("多少钱")]
    [InlineData("价格？")]
    [InlineData("请问这个多少钱呀")]
    [InlineData("有哪些颜色？什么材质的")]
    [InlineData("这个")]
    public async Task Without_a_product_the_customer_is_asked_which_one(string text)
    {
        var knowledge = new FakeRetriever().WhenFaq("多少钱", "吸顶灯安装多少钱", "60元一盏。");
        await using var conversation = TestBot.Conversation(knowledge);

        Assert.Contains("哪一件商品", await conversation.SayAsync(text), StringComparison.Ordinal);
        Assert.Equal((TurnOutcome.Answered, "clarify.product", 0), (conversation.Last.Outcome, conversation.Last.Intent.Name, conversation.State.Declines));
        Assert.Empty(knowledge.Queries);
    }

    [Theory]
    [InlineData("运费多少钱")]
    [InlineData("几天能到")]
    [InlineData("安装要多少钱")]
    [InlineData("沙发多少钱")]
    public void What_names_its_subject_lacks_nothing(string text) => Assert.False(SeveralQuestions.LackProduct(text));

    [Fact]
    public async Task With_a_topic_it_is_about_the_topic()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever().WhenFacts("云栖沙发", FakeRetriever.Price("云栖沙发", 2999)));
        conversation.State = new DialogueState { Topic = "云栖沙发" };

        Assert.Contains("2999元", await conversation.SayAsync("多少钱"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("沙发能不能拆洗？床垫硬不硬？这款多少钱", "沙发能不能拆洗|床垫硬不硬，这款多少钱")]
    [InlineData("我想买云栖沙发，多少钱，送货上楼吗", "我想买云栖沙发，多少钱|送货上楼吗")]
    [InlineData("退货的话，运费怎么算？", "退货的话，运费怎么算？")]
    [InlineData("怎么退，怎么换，怎么修，怎么洗，怎么装", "怎么退，怎么换，怎么修，怎么洗，怎么装")]
    public void Questions_are_told_apart_and_statements_belong_to_the_next_one(string text, string parts) =>
        Assert.Equal(parts.Split('|'), SeveralQuestions.In(text));

    [Fact]
    public async Task Each_question_gets_its_answer_and_the_open_one_is_named()
    {
        // The whole message fits nothing; its parts do.
        var knowledge = new FakeRetriever()
            .When("拆洗 上楼", Grounding.Empty)
            .WhenPassage("拆洗", "《清洁》", "可以拆洗。")
            .WhenPassage("上楼", "《配送》", "大件送货上楼。");
        await using var conversation = TestBot.Conversation(knowledge);

        var reply = await conversation.SayAsync("沙发能拆洗吗，送货上楼吗，支持花呗吗？");

        Assert.Equal("可以拆洗。\n（来源：《清洁》）\n大件送货上楼。\n（来源：《配送》）\n「支持花呗吗」没有另外查到说明，需要的话可以回复「转人工」让同事确认。", reply);
        Assert.Equal((TurnOutcome.Answered, 2), (conversation.Last.Outcome, conversation.Last.Citations.Count));
    }

    [Fact]
    public async Task Facts_answer_their_part_and_the_rest_is_looked_up()
    {
        var knowledge = new FakeRetriever().WhenFacts("多少钱", FakeRetriever.Price("云栖沙发", 2999)).WhenFaq("几天", "几天能到", "3到5天送到。");
        await using var conversation = TestBot.Conversation(knowledge);

        var reply = await conversation.SayAsync("云栖沙发多少钱，几天能到");

        Assert.StartsWith("云栖沙发的价格是2999元。", reply, StringComparison.Ordinal);
        Assert.Contains("3到5天送到。", reply, StringComparison.Ordinal);
        Assert.Equal(2, conversation.Last.Citations.Count);
        Assert.Equal("云栖沙发", knowledge.Queries[^1].Topic);
    }

    [Fact]
    public async Task When_none_can_be_answered_the_no_is_as_before()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever());
        await conversation.SayAsync("你们支持花呗吗，能开专票吗");
        Assert.Equal(TurnOutcome.Declined, conversation.Last.Outcome);
    }
}
