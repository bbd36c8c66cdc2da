using SmartService.Replies;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Handoff;

public sealed class HandoffTests
{
    [Theory]
    [InlineData("转人工")]
    [InlineData("转 人 工")]
    [InlineData("人工")]
    [InlineData("人工客服")]
    [InlineData("我要人工服务")]
    [InlineData("找真人")]
    [InlineData("帮我转接人工谢谢")]
    [InlineData("我要和人说话")]
    [InlineData("叫你们经理来")]
    [InlineData("让你们老板联系我")]
    [InlineData("不想跟机器人聊了")]
    [InlineData("有没有人工啊")]
    [InlineData("能不能别用机器人，给我转人工")]
    [InlineData("我要投诉")]
    [InlineData("换个人来")]
    [InlineData("请转人工处理我的订单")]
    [InlineData("怎么转人工")]
    [InlineData("能人工吗？")]
    [InlineData("可不可以找个真人")]
    [InlineData("你是机器人吗？我要找真人")]
    public async Task A_customer_who_asks_for_a_human_gets_one(string text)
    {
        await using var conversation = TestBot.Conversation();

        Assert.Contains("人工同事", await conversation.SayAsync(text), StringComparison.Ordinal);
        Assert.Equal((TurnOutcome.HandedOff, HandoffReason.Requested), (conversation.Last.Outcome, conversation.Last.Handoff));
    }

    [Theory]
    [InlineData("人工费多少")]
    [InlineData("能人工送货吗")]
    [InlineData("人工智能音箱有吗")]
    [InlineData("人工草坪怎么卖")]
    [InlineData("需要人工安装吗")]
    [InlineData("人工皮和真皮有什么区别")]
    [InlineData("不用转人工，你告诉我运费就行")]
    [InlineData("人工客服几点上班")]
    [InlineData("你是真人吗")]
    [InlineData("送货要人工搬上楼吗")]
    [InlineData("给领导送礼买什么好")]
    [InlineData("有真人实拍图吗")]
    [InlineData("这是手工缝制的吗")]
    public async Task Words_that_only_look_like_it_do_not_hand_off(string text)
    {
        await using var conversation = TestBot.Conversation();

        await conversation.SayAsync(text);

        Assert.Null(conversation.Last.Handoff);
    }

    [Theory]
    [InlineData("孩子被柜子砸伤了", "injury", "120")]
    [InlineData("椅子断了我手都流血了", "injury", "120")]
    [InlineData("插座起火了！！", "danger", "119")]
    [InlineData("台灯漏电，我被电到了", "danger", "119")]
    [InlineData("再不处理我就找律师起诉你们", "legal", "专人")]
    [InlineData("我要打12315", "authority", "专人")]
    [InlineData("等着，我去消协告你们", "legal", "专人")]
    [InlineData("我已经向市场监管局反映了", "authority", "专人")]
    [InlineData("把我的个人信息全部删除", "privacy", "专人")]
    [InlineData("删除我的个人信息", "privacy", "专人")]
    [InlineData("你们泄露了我的手机号", "privacy", "专人")]
    [InlineData("我真的不想活了", "self_harm", "12356")]
    [InlineData("不退钱我就从楼上跳楼", "self_harm", "12356")]
    public async Task Some_topics_are_kept_for_people(string text, string topic, string notice)
    {
        await using var conversation = TestBot.Conversation();

        var reply = await conversation.SayAsync(text);

        Assert.Equal(HandoffReason.Policy, conversation.Last.Handoff);
        Assert.Equal("policy." + topic, conversation.Last.Intent.Name);
        Assert.Contains(notice, reply, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("这个柜子会不会砸伤孩子")]
    [InlineData("沙发面料会着火吗")]
    [InlineData("还好没有受伤，就是椅子断了")]
    [InlineData("怎么防止柜子倾倒砸伤小孩")]
    [InlineData("如果漏电了怎么办")]
    [InlineData("面料阻燃吗，起火等级多少")]
    [InlineData("我家在法院旁边能送吗")]
    [InlineData("怎么删除购物车里的商品")]
    public async Task A_question_about_a_risk_is_not_an_incident(string text)
    {
        await using var conversation = TestBot.Conversation();

        await conversation.SayAsync(text);

        Assert.Null(conversation.Last.Handoff);
    }

    [Fact]
    public async Task After_the_third_decline_in_a_row_a_human_takes_over()
    {
        await using var conversation = TestBot.Conversation();

        var first = await conversation.SayAsync("你们店几点开门");
        Assert.Equal(TurnOutcome.Declined, conversation.Last.Outcome);
        Assert.Contains("资料里没有「你们店几点开门」的答案", first, StringComparison.Ordinal);
        Assert.Equal(["handoff", "rephrase"], Assert.IsType<MenuPart>(Assert.Single(conversation.Last.Reply)).Items.Select(item => item.Id));

        await conversation.SayAsync("好的");
        Assert.Equal(1, conversation.State.Declines);

        await conversation.SayAsync("周末营业吗");
        Assert.Equal(TurnOutcome.Declined, conversation.Last.Outcome);

        await conversation.SayAsync("停车方便吗");
        Assert.Equal(HandoffReason.RepeatedFailure, conversation.Last.Handoff);
    }

    [Fact]
    public async Task A_helpful_turn_starts_the_count_again()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever().WhenFaq("运费", "运费多少", "江浙沪包邮。"));

        await conversation.SayAsync("你们店几点开门");
        await conversation.SayAsync("周末营业吗");
        await conversation.SayAsync("运费多少");
        await conversation.SayAsync("停车方便吗");

        Assert.Equal(TurnOutcome.Declined, conversation.Last.Outcome);
        Assert.Equal(1, conversation.State.Declines);
    }

    [Fact]
    public async Task The_menu_of_a_decline_leads_to_a_human_or_to_another_try()
    {
        await using var conversation = TestBot.Conversation();
        await conversation.SayAsync("你们店几点开门");
        var menu = Assert.IsType<MenuPart>(conversation.Last.Reply[0]);

        Assert.Contains("一两句话", await conversation.ClickAsync(menu.Items[1]), StringComparison.Ordinal);
        await conversation.ClickAsync(menu.Items[0]);

        Assert.Equal(HandoffReason.Requested, conversation.Last.Handoff);
    }

    [Fact]
    public async Task While_waiting_for_a_human_the_bot_is_silent_until_it_is_called_back()
    {
        await using var conversation = TestBot.Conversation(new FakeRetriever().WhenFaq("运费", "运费多少", "江浙沪包邮。"));
        await conversation.SayAsync("转人工");

        Assert.Empty(await conversation.SayAsync("运费多少"));
        Assert.Equal(TurnOutcome.Silent, conversation.Last.Outcome);

        Assert.Contains("继续为您服务", await conversation.SayAsync("取消人工"), StringComparison.Ordinal);
        Assert.True(conversation.Last.BackToBot);
        Assert.Contains("包邮", await conversation.SayAsync("运费多少"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("不等了")]
    [InlineData("转回机器人")]
    [InlineData("不用人工了")]
    public async Task There_are_several_ways_to_call_the_bot_back(string text)
    {
        await using var conversation = TestBot.Conversation();
        conversation.Owner = ConversationOwner.Queue;

        await conversation.SayAsync(text);

        Assert.True(conversation.Last.BackToBot);
    }

    [Fact]
    public async Task The_notice_names_the_hours_when_they_are_set()
    {
        await using var conversation = TestBot.Conversation(settings: new Dictionary<string, string?> { ["Handoff:ServiceHours"] = "每天 9:00–21:00" });
        Assert.Contains("每天 9:00–21:00", await conversation.SayAsync("转人工"), StringComparison.Ordinal);
    }
}
