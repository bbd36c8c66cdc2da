using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Answers;

public sealed class SmallTalkTests
{
    [Theory]
    [InlineData("你好", "greeting")]
    [InlineData("在吗？？", "greeting")]
    [InlineData("您好，在不在", "greeting")]
    [InlineData("Hello~", "greeting")]
    [InlineData("谢谢啦！", "thanks")]
    [InlineData("好的谢谢", "thanks")]
    [InlineData("好的，谢谢，再见", "goodbye")]
    [InlineData("拜拜", "goodbye")]
    [InlineData("晚安", "goodbye")]
    [InlineData("啊", "hesitation")]
    [InlineData("呃等一下", "hesitation")]
    [InlineData("好的", "acknowledgement")]
    [InlineData("嗯嗯", "acknowledgement")]
    [InlineData("OK", "acknowledgement")]
    [InlineData("哈哈哈哈", "laughter")]
    [InlineData("你是机器人吗", "identity")]
    [InlineData("你是真人吗？", "identity")]
    [InlineData("你能做什么", "abilities")]
    [InlineData("傻逼机器人", "abuse")]
    [InlineData("😀😀", "emoji")]
    [InlineData("[微笑][呲牙]", "emoji")]
    [InlineData("？？？", "nothing_said")]
    [InlineData("……", "nothing_said")]
    [InlineData("", "nothing_said")]
    [InlineData("   ", "nothing_said")]
    public async Task A_courtesy_gets_a_courtesy(string text, string courtesy)
    {
        await using var conversation = TestBot.Conversation();

        Assert.NotEmpty(await conversation.SayAsync(text));
        Assert.Equal("courtesy." + courtesy, conversation.Last.Intent.Name);
        Assert.Equal(TurnOutcome.Answered, conversation.Last.Outcome);
    }

    [Theory]
    [InlineData("你好沙发多少钱")]
    [InlineData("好的那运费呢")]
    [InlineData("垃圾沙发三天就塌了怎么退货")]
    [InlineData("谢谢，再问下质保多久")]
    public async Task A_question_with_a_courtesy_around_it_is_a_question(string text)
    {
        var knowledge = new FakeRetriever();
        await using var conversation = TestBot.Conversation(knowledge);

        await conversation.SayAsync(text);

        Assert.Single(knowledge.Queries);
        Assert.Equal("decline", conversation.Last.Intent.Name);
    }

    [Fact]
    public async Task The_greeting_and_the_thanks_are_left_out_of_the_search()
    {
        var knowledge = new FakeRetriever();
        await using var conversation = TestBot.Conversation(knowledge);

        await conversation.SayAsync("您好，请问沙发能拆洗吗，谢谢！");

        Assert.Equal("沙发能拆洗吗", Assert.Single(knowledge.Queries).Text);
    }

    [Fact]
    public async Task The_same_turn_decided_again_says_the_same_and_other_turns_vary()
    {
        var first = await GreetingsAsync();
        Assert.Equal(first, await GreetingsAsync());
        Assert.True(first.Distinct(StringComparer.Ordinal).Count() > 1);

        static async Task<List<string>> GreetingsAsync()
        {
            await using var conversation = TestBot.Conversation();
            var replies = new List<string>();
            for (var turn = 0; turn < 12; turn++)
            {
                replies.Add(await conversation.SayAsync("你好"));
            }

            return replies;
        }
    }

    [Fact]
    public async Task A_robot_says_that_it_is_one()
    {
        await using var conversation = TestBot.Conversation();
        Assert.Contains("机器人", await conversation.SayAsync("你到底是不是真人"), StringComparison.Ordinal);
    }
}
