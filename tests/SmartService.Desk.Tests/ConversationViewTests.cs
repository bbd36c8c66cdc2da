using Bunit;
using Microsoft.AspNetCore.Components;
using SmartService.Bot.Desk;
using SmartService.Desk.Conversations;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Desk.Tests;

public sealed class ConversationViewTests : BunitContext
{
    [Theory]
    [InlineData(ReplyState.Planned, "发送中", false)]
    [InlineData(ReplyState.Sent, "已发送", false)]
    [InlineData(ReplyState.Held, "已保留：等客户再次发言", true)]
    [InlineData(ReplyState.Unknown, "不确定是否送达", true)]
    [InlineData(ReplyState.Failed, "发送失败", true)]
    [InlineData(ReplyState.Dropped, "已撤下", false)]
    public void A_reply_says_what_became_of_it_and_offers_a_way_out_when_it_is_stuck(ReplyState state, string words, bool canAct)
    {
        LogAct? act = null;
        var item = Render<LogItem>(parameters => parameters
            .Add(one => one.Entry, new ReplyEntry(1, 0, "abc", "bot", null, new TextPart("答"), state, "95001", 1, 0))
            .Add(one => one.Act, done => act = done));

        Assert.Contains(words, item.Find(".state").TextContent, StringComparison.Ordinal);
        Assert.Equal(canAct, item.FindAll("button").Count == 2);
        Assert.Equal(canAct, item.Markup.Contains("95001", StringComparison.Ordinal));
        if (canAct)
        {
            item.Find("button").Click();
            Assert.Equal(new LogAct(LogActKind.RetryReply, ReplyId: "abc", MayRepeat: state == ReplyState.Unknown), act);
        }
    }

    [Fact]
    public void Only_web_addresses_become_links()
    {
        var page = Render<SafeLink>(parameters => parameters.Add(link => link.Url, "https://example.com/a")).Find("a");
        Assert.Equal("noopener noreferrer nofollow", page.GetAttribute("rel"));
        Assert.Empty(Render<SafeLink>(parameters => parameters.Add(link => link.Url, "javascript:alert(1)")).FindAll("a"));
        Assert.Equal("", Render<SafeLink>(parameters => parameters.Add(link => link.Url, null)).Markup.Trim());
    }

    [Fact]
    public void Cards_and_menus_show_what_is_in_them()
    {
        RenderFragment All() => builder =>
        {
            foreach (var body in (MessageBody[])
                [new ProductBody("1", "云朵沙发", "¥1999", "家居店"), new OrderBody("20260101", "床垫", "¥899", "已发货"), new LocationBody(1, 2, "人民广场", "上海"), new MediaBody(MediaKind.Image, "m"), new TextBody("退货", "menu-1")])
            {
                builder.OpenComponent<BodyView>(0);
                builder.AddComponentParameter(1, nameof(BodyView.Body), body);
                builder.CloseComponent();
            }

            builder.OpenComponent<PartView>(2);
            builder.AddComponentParameter(3, nameof(PartView.Part), new MenuPart("请选择", [new MenuItem("1", "换货"), new MenuItem("2", "官网", "https://example.com")], "谢谢"));
            builder.CloseComponent();
        };

        var text = Render(All()).Markup;
        Assert.All((string[])["云朵沙发", "20260101", "人民广场", "[图片]", "（点选菜单）", "换货", "https://example.com", "谢谢"], words => Assert.Contains(words, text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_used_up_allowance_and_a_closed_window_are_said()
    {
        Assert.Contains("额度已用完", Allowance(new SendAllowance(0, 5, 100), 50), StringComparison.Ordinal);
        Assert.Contains("时限已过", Allowance(new SendAllowance(3, 5, 100), 100), StringComparison.Ordinal);
        Assert.Contains("渠道未配置", Allowance(null, 0), StringComparison.Ordinal);
        Assert.Contains("<b>3</b>/5 条", Allowance(new SendAllowance(3, 5, 100), 50), StringComparison.Ordinal);

        string Allowance(SendAllowance? allowance, long now) =>
            Render<AllowanceView>(parameters => parameters.Add(view => view.Allowance, allowance).Add(view => view.NowMs, now)).Markup;
    }

    [Fact]
    public void One_conversation_of_the_list_is_in_the_tab_order()
    {
        var list = Render<QueueList>(parameters => parameters
            .Add(one => one.Page, new QueuePage([Entry("a"), Entry("b")], HasMore: true, NowMs: 600_000))
            .Add(one => one.Selected, "b"));
        Assert.Equal(["-1", "0"], list.FindAll("a").Select(line => line.GetAttribute("tabindex")));
        Assert.Equal("等 10 分钟", list.Find(".when").TextContent);
        Assert.Equal("true", list.FindAll("a")[1].GetAttribute("aria-current"));
        Assert.Contains("更多会话", list.Markup, StringComparison.Ordinal);

        static QueueEntry Entry(string id) => new(
            id, "kf", id, ConversationOwner.Queue, null, null, HandoffReason.Requested, 0, 0, 120, "在吗", QueueSection.Waiting, InTrouble: false);
    }
}
