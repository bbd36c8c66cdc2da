using Microsoft.AspNetCore.Http;
using SmartService.Replies;
using SmartService.Testing;
using SmartService.Turns;

namespace SmartService.Plugins.Orders.Tests;

public sealed class ReturnRequestTests
{
    [Fact]
    public async Task A_return_is_requested_once_and_only_after_the_customer_confirmed()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("订单号", await conversation.SayAsync("我要退货"), StringComparison.Ordinal);
        Assert.Contains("后四位", await conversation.SayAsync("MY20261120001"), StringComparison.Ordinal);
        Assert.Contains("截止 11月29日", await conversation.SayAsync("6027"), StringComparison.Ordinal);
        var reasons = Assert.IsType<MenuPart>(conversation.Last.Reply[0]);
        var confirm = await conversation.ClickAsync(reasons.Items[0]);
        Assert.Contains("原因：不想要了", confirm, StringComparison.Ordinal);
        Assert.DoesNotContain(shop.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));

        Assert.Contains("退货单号 TH20261120001", await conversation.SayAsync("确认"), StringComparison.Ordinal);
        Assert.Single(shop.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
        Assert.Null(conversation.State.Flow);

        Assert.Contains("暂时不能申请退货", await conversation.SayAsync("我要退货 MY20261120001 尾号6027"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_deadline_the_reason_and_the_date_are_named()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        Assert.Contains("退货期限到 10月31日", await conversation.SayAsync("我要退货，MY20261018001，6027"), StringComparison.Ordinal);
        Assert.Null(conversation.State.Flow);
    }

    [Fact]
    public async Task An_order_on_its_way_cannot_be_returned_yet()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        Assert.Contains("目前是「运输中」", await conversation.SayAsync("帮我退货MY20261123002尾号 1183"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reason_and_the_number_may_be_corrected_before_confirming()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("我要退货 MY20261018009 尾号6027");
        await conversation.SayAsync("写错了 MY20261120001");
        await conversation.SayAsync("太大了放不下");

        Assert.Contains("退货原因", await conversation.SayAsync("改原因"), StringComparison.Ordinal);
        Assert.Contains("原因：颜色不喜欢", await conversation.SayAsync("颜色不喜欢"), StringComparison.Ordinal);
        Assert.Contains("10月31日", await conversation.SayAsync("等等，是这个订单 MY20261018001"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_at_the_last_moment_sends_nothing()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("我要退货 MY20261120001 尾号6027");
        await conversation.SayAsync("不喜欢");

        Assert.Contains("请核对退货申请", await conversation.SayAsync("我想想"), StringComparison.Ordinal);
        Assert.Contains("没有提交任何内容", await conversation.SayAsync("还是不退了"), StringComparison.Ordinal);
        Assert.DoesNotContain(shop.Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_lost_answer_does_not_become_a_second_return()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("我要退货 MY20261120001 尾号6027");
        await conversation.SayAsync("不喜欢");
        var keys = new List<string>();
        shop.Instead = context =>
        {
            keys.Add(context.Request.Headers["Idempotency-Key"].ToString());
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            return Task.FromResult(true);
        };

        Assert.Contains("不会重复申请", await conversation.SayAsync("确认"), StringComparison.Ordinal);
        shop.Instead = context =>
        {
            keys.Add(context.Request.Headers["Idempotency-Key"].ToString());
            return Task.FromResult(false);
        };
        Assert.Contains("退货单号", await conversation.SayAsync("确认"), StringComparison.Ordinal);

        Assert.Equal(3, keys.Count);
        Assert.Single(keys.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_order_system_refuses_is_said_in_its_words()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("我要退货 MY20261120001 尾号6027");
        await conversation.SayAsync("不喜欢");
        shop.Instead = async context =>
        {
            context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await context.Response.WriteAsJsonAsync(new { code = "not_returnable", detail = "赠品订单不能退货。" });
            return true;
        };

        Assert.Contains("赠品订单不能退货。", await conversation.SayAsync("确认"), StringComparison.Ordinal);
        Assert.Null(conversation.State.Flow);
    }

    [Fact]
    public async Task A_reason_must_be_a_reason()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("我要退货 MY20261120001 尾号6027");

        Assert.Contains("退货原因", await conversation.SayAsync("。。。"), StringComparison.Ordinal);
        Assert.Contains("100 字以内", await conversation.SayAsync(new string('退', 200)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_repeated_hundreds_of_times_are_read_in_no_time()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        // A regular expression that ran into its limit would fail the turn here, or end the task below.
        await conversation.SayAsync("我" + string.Concat(Enumerable.Repeat("把想", 400)));
        await conversation.SayAsync("我要退货 MY20261120001 尾号6027");
        await conversation.SayAsync("不喜欢");

        Assert.Contains("请核对退货申请", await conversation.SayAsync(new string('嗯', 200) + "嘟"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_task_may_take_over()
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();
        await conversation.SayAsync("查订单");

        await conversation.SayAsync("我要退货怎么办理");

        Assert.Equal("flow.return_request", conversation.Last.Intent.Name);
    }

    [Theory]
    [InlineData("退货运费谁出")]
    [InlineData("七天无理由退货政策是什么")]
    [InlineData("床垫拆了还能退货吗")]
    [InlineData("退款多久到账")]
    public async Task A_question_about_returns_is_not_a_return(string text)
    {
        await using var shop = await Shop.OpenAsync();
        var knowledge = new FakeRetriever();
        await using var conversation = shop.Conversation(knowledge);

        await conversation.SayAsync(text);

        Assert.Single(knowledge.Queries);
    }

    [Theory]
    [InlineData("我要退货")]
    [InlineData("申请退货")]
    [InlineData("帮我退一下这个沙发")]
    [InlineData("我想把昨天买的椅子退掉")]
    [InlineData("退货")]
    public async Task A_wish_to_return_starts_the_task(string text)
    {
        await using var shop = await Shop.OpenAsync();
        await using var conversation = shop.Conversation();

        await conversation.SayAsync(text);

        Assert.Equal("return_request", conversation.State.Flow?.Flow);
    }
}
