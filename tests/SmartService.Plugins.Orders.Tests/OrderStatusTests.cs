using SmartService.Messages;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Plugins.Orders.Tests;

public sealed class OrderStatusTests
{
    [Fact]
    public async Task A_customer_learns_where_the_order_is_after_the_phone_tail_fits()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("订单号", await conversation.SayAsync("我的快递到哪了"), StringComparison.Ordinal);
        var asked = await conversation.SayAsync("MY20261123002");
        Assert.Contains("后四位", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("落地灯", asked, StringComparison.Ordinal);
        Assert.Empty(shop.Requests);

        var reply = await conversation.SayAsync("1183");
        Assert.Equal("订单 MY20261123002：运输中\n· 芦苇落地灯 ×1\n合计 329 元\n配送：木屿送装，运单号 SZ2\n预计 11月27日 送达\n备注：放门口", reply);
        Assert.Equal("order:MY20261123002", Assert.Single(conversation.Last.Citations).Id);
        Assert.Equal("flow.order_status", conversation.Last.Intent.Name);
        Assert.Null(conversation.State.Flow);
    }

    [Theory]
    [InlineData("查一下my20261120001到哪了，手机尾号6027")]
    [InlineData("ＭＹ２０２６１１２０００１ 尾号６０２７ 查订单")]
    [InlineData("my 2026 1120 001 手机13800006027，帮我查下物流")]
    [InlineData("订单MY-20261120001的进度，13900006027")]
    public async Task Number_and_phone_may_stand_in_one_sentence(string text)
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("11月22日 已签收", await conversation.SayAsync(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_card_names_its_order()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("后四位", await conversation.SendAsync(new OrderBody("MY20261123002", "落地灯", null, null)), StringComparison.Ordinal);
        Assert.Contains("运输中", await conversation.SayAsync("1183"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_digits_are_not_enough()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        await conversation.SayAsync("查订单");
        Assert.Contains("完整的订单号", await conversation.SayAsync("3002"), StringComparison.Ordinal);
        Assert.Empty(shop.Requests);
    }

    [Fact]
    public async Task A_wrong_tail_shows_nothing_and_the_third_goes_to_a_human()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("查订单 MY20261123002");

        Assert.Contains("没有对上", await conversation.SayAsync("0001"), StringComparison.Ordinal);
        Assert.Contains("没有对上", await conversation.SayAsync("0002"), StringComparison.Ordinal);
        var last = await conversation.SayAsync("0003");

        Assert.Contains("人工同事来核实", last, StringComparison.Ordinal);
        Assert.Equal((TurnOutcome.HandedOff, HandoffReason.RepeatedFailure), (conversation.Last.Outcome, conversation.Last.Handoff));
        Assert.DoesNotContain(conversation.Results, result => RecordingConversation.TextOf(result.Reply).Contains("落地灯", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_number_is_asked_for_again()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("没有对上", await conversation.SayAsync("查订单MY20269999999，尾号1183"), StringComparison.Ordinal);
        Assert.Contains("运输中", await conversation.SayAsync("写错了，是MY20261123002"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_in_between_is_answered_and_the_task_goes_on()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation(new FakeRetriever().WhenFaq("上楼", "送货上楼吗", "大件送货上楼。"));
        await conversation.SayAsync("查订单 MY20261123002");

        var reply = await conversation.SayAsync("你们送货上楼吗");

        Assert.Contains("大件送货上楼。", reply, StringComparison.Ordinal);
        Assert.Contains("回到刚才的事：", reply, StringComparison.Ordinal);
        Assert.Contains("运输中", await conversation.SayAsync("1183"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_in_between_that_nobody_can_answer_does_not_end_the_task()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("查订单 MY20261123002");

        Assert.Contains("资料里没有", await conversation.SayAsync("你们店几点开门"), StringComparison.Ordinal);
        Assert.Contains("运输中", await conversation.SayAsync("1183"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("算了")]
    [InlineData("不查了")]
    public async Task The_customer_may_change_his_mind(string text)
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("查订单");

        Assert.Contains("已经取消", await conversation.SayAsync(text), StringComparison.Ordinal);
        Assert.Null(conversation.State.Flow);
    }

    [Fact]
    public async Task A_task_left_alone_for_long_is_dropped_with_a_word()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("查订单 MY20261123002");
        conversation.Now += TimeSpan.FromMinutes(31);

        var reply = await conversation.SayAsync("1183");

        Assert.Contains("已经先放下了", reply, StringComparison.Ordinal);
        Assert.DoesNotContain("运输中", reply, StringComparison.Ordinal);
        Assert.Null(conversation.State.Flow);
    }

    [Fact]
    public async Task When_the_order_system_is_away_nothing_is_lost()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        shop.Instead = context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        Assert.Contains("没有丢", await conversation.SayAsync("查订单MY20261123002，尾号1183"), StringComparison.Ordinal);
        Assert.Equal(2, shop.Requests.Count);

        shop.Instead = null;
        Assert.Contains("运输中", await conversation.SayAsync("重试"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_order_system_the_question_goes_to_the_knowledge_base()
    {
        await using var shop = await Shop.OpenAsync();
        var knowledge = new FakeRetriever();
        await using var conversation = shop.Conversation(knowledge, url: "");

        await conversation.SayAsync("我的快递到哪了");

        Assert.Single(knowledge.Queries);
    }

    [Theory]
    [InlineData("我的订单")]
    [InlineData("看下我的快递")]
    [InlineData("我的包裹呢？")]
    public async Task The_bare_noun_starts_the_task(string text)
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        await conversation.SayAsync(text);

        Assert.Equal("order_status", conversation.State.Flow?.Flow);
    }

    [Theory]
    [InlineData("下单后多久发货")]
    [InlineData("别取消我的订单")]
    [InlineData("怎么取消我的订单")]
    [InlineData("物流用的哪家快递")]
    [InlineData("定制沙发什么时候能做好")]
    public async Task A_question_about_the_rules_is_not_a_task(string text)
    {
        await using var shop = await Shop.OpenAsync();
        var knowledge = new FakeRetriever();
        await using var conversation = shop.Conversation(knowledge);

        await conversation.SayAsync(text);

        Assert.Single(knowledge.Queries);
    }
}
