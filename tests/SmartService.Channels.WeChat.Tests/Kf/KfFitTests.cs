using System.Text;
using SmartService.Channels.WeChat.Kf;
using SmartService.Messages;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Tests.Kf;

public sealed class KfFitTests
{
    private static readonly MenuPart Menu = new("还需要什么？", [new("agent", "转人工"), new("more", "继续")]);

    [Fact]
    public void A_short_reply_is_rendered_and_nothing_else()
    {
        var fitted = KfFit.Fit([new TextPart("# 您好\n- **质保** 三年"), Menu], 4);
        Assert.Equal([new TextPart("【您好】\n· 质保 三年")], fitted.Parts.Take(1));
        Assert.Equal(Menu.Items, Assert.IsType<MenuPart>(fitted.Parts[1]).Items);
        Assert.Null(fitted.Rest);
    }

    [Fact]
    public void Parts_that_show_nothing_are_dropped()
    {
        var fitted = KfFit.Fit([new TextPart(" \u200b "), new TextPart("---"), new LinkPart("", "", " "), new MenuPart("", [], "")], 4);
        Assert.Empty(fitted.Parts);
        Assert.Null(fitted.Rest);
    }

    [Fact]
    public void Many_short_texts_are_joined_before_any_is_held_back()
    {
        var fitted = KfFit.Fit([.. Enumerable.Range(1, 9).Select(i => new TextPart($"第{i}句。"))], 4);
        Assert.Equal("第1句。\n\n第2句。\n\n第3句。\n\n第4句。\n\n第5句。\n\n第6句。\n\n第7句。\n\n第8句。\n\n第9句。", Assert.IsType<TextPart>(Assert.Single(fitted.Parts)).Text);
    }

    [Fact]
    public void What_does_not_fit_is_the_rest_as_it_stood_and_nothing_is_lost()
    {
        var text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"第{i}句话，在这里。"));
        var fitted = KfFit.Fit([new TextPart(text), new TextPart("**结尾**")], 4);

        Assert.Equal(4, fitted.Parts.Count);
        Assert.All(fitted.Parts, part => Assert.InRange(Bytes(((TextPart)part).Text), 1, 2048));
        Assert.EndsWith("\n\n结尾", fitted.Rest, StringComparison.Ordinal);
        Assert.Equal(text, string.Concat(fitted.Parts.Cast<TextPart>().Select(part => part.Text)) + fitted.Rest![..^"\n\n结尾".Length]);
    }

    [Fact]
    public void The_rest_can_be_sent_message_by_message_until_nothing_is_left()
    {
        var text = "# 长文\n" + string.Concat(Enumerable.Range(0, 4000).Select(i => $"句{i}，好。")) + "\n```\na*b*c\n```";
        var sent = new StringBuilder();
        for (string? rest = text; rest is not null;)
        {
            var fitted = KfFit.Fit([new TextPart(rest)], 4);
            sent.AppendJoin("", fitted.Parts.Cast<TextPart>().Select(part => part.Text));
            rest = fitted.Rest;
        }

        var expected = text.Replace("# 长文", "【长文】", StringComparison.Ordinal).Replace("```", "", StringComparison.Ordinal);
        Assert.Equal(Visible(expected), Visible(sent.ToString()));
    }

    [Fact]
    public void A_menu_keeps_its_place_when_a_long_text_has_to_stop()
    {
        var fitted = KfFit.Fit([new TextPart(new string('长', 5000)), Menu], 3);
        Assert.Equal([typeof(TextPart), typeof(TextPart), typeof(MenuPart)], fitted.Parts.Select(part => part.GetType()));
        Assert.Equal(5000, ((TextPart)fitted.Parts[0]).Text.Length + ((TextPart)fitted.Parts[1]).Text.Length + fitted.Rest!.Length);
    }

    [Fact]
    public void With_one_message_left_the_text_goes_first_and_the_rest_says_what_is_missing()
    {
        var fitted = KfFit.Fit([new TextPart("答案"), Menu, new LinkPart("页面", "", "https://a.b"), new MediaPart(MediaKind.Image, "m")], 1);
        Assert.Equal([new TextPart("答案")], fitted.Parts);
        Assert.Equal("还需要什么？\n1. 转人工\n2. 继续\n\n页面\nhttps://a.b\n\n［图片］", fitted.Rest);
    }

    [Fact]
    public void More_menus_than_room_leave_a_place_for_the_text()
    {
        var fitted = KfFit.Fit([Menu, Menu, Menu, new TextPart("结论")], 2);
        Assert.Equal([typeof(MenuPart), typeof(TextPart)], fitted.Parts.Select(part => part.GetType()));
        Assert.Equal(2, fitted.Rest!.Split("还需要什么？").Length - 1);
    }

    [Fact]
    public void Menu_items_beyond_the_limits_become_numbered_text()
    {
        var items = Enumerable.Range(1, 12).Select(i => new MenuItem($"id{i}", $"选项{i}")).ToList();
        items[2] = new MenuItem(new string('x', 65), "长编号");
        items[3] = new MenuItem("id4", new string('字', 43));
        items[4] = new MenuItem("", "网页", "https://example.com");
        var menu = Assert.IsType<MenuPart>(Assert.Single(KfFit.Fit([new MenuPart("请选", items, "谢谢")], 4).Parts));

        Assert.Equal(["id1", "id2", "", "id6", "id7", "id8", "id9", "id10", "id11", "id12"], menu.Items.Select(item => item.Id));
        Assert.Equal($"3. 长编号\n4. {new string('字', 43)}\n谢谢", menu.Tail);

        var many = Assert.IsType<MenuPart>(Assert.Single(KfFit.Fit([new MenuPart("请选", [.. Enumerable.Range(1, 12).Select(i => new MenuItem($"id{i}", $"选项{i}"))])], 4).Parts));
        Assert.Equal(10, many.Items.Count);
        Assert.Equal("11. 选项11\n12. 选项12", many.Tail);
    }

    [Fact]
    public void Long_heads_and_tails_are_sent_as_texts_around_the_menu()
    {
        var head = new string('头', 1000);
        var tail = new string('尾', 500);
        var fitted = KfFit.Fit([new MenuPart(head, Menu.Items, tail)], 5);

        Assert.Null(fitted.Rest);
        var at = fitted.Parts.ToList().FindIndex(part => part is MenuPart);
        var menu = (MenuPart)fitted.Parts[at];
        Assert.InRange(Bytes(menu.Head), 1, 1024);
        Assert.InRange(Bytes(menu.Tail!), 1, 1024);
        Assert.Equal(head, string.Concat(fitted.Parts.Take(at).Cast<TextPart>().Select(part => part.Text)) + menu.Head);
        Assert.Equal(tail, menu.Tail + string.Concat(fitted.Parts.Skip(at + 1).Cast<TextPart>().Select(part => part.Text)));
    }

    [Fact]
    public void A_menu_without_a_legal_item_is_text() =>
        Assert.Equal([new TextPart("请选\n1. 转人工")], KfFit.Fit([new MenuPart("请选", [new("", "转人工"), new("x", " ")])], 4).Parts);

    [Theory]
    [InlineData("标题", "描述", "https://example.com", "thumb", true)]
    [InlineData("标题", "描述", "https://example.com", null, false)]
    [InlineData("标题", "描述", "https://example.com", "", false)]
    [InlineData("", "描述", "https://example.com", "thumb", false)]
    [InlineData("标题", "描述", "example.com", "thumb", false)]
    public void A_link_is_a_card_only_within_the_limits(string title, string description, string url, string? thumb, bool card)
    {
        var part = Assert.Single(KfFit.Fit([new LinkPart(title, description, url, thumb)], 4).Parts);
        Assert.Equal(card, part is LinkPart);
        if (!card)
        {
            Assert.Equal(string.Join('\n', new[] { title, description, url }.Where(line => line.Length > 0)), ((TextPart)part).Text);
        }
    }

    [Fact]
    public void A_link_with_a_long_title_is_sent_as_text_in_full()
    {
        var part = Assert.Single(KfFit.Fit([new LinkPart(new string('题', 43), "", "https://a.b", "thumb")], 4).Parts);
        Assert.Equal(new string('题', 43) + "\nhttps://a.b", ((TextPart)part).Text);
    }

    private static int Bytes(string text) => Encoding.UTF8.GetByteCount(text);

    private static string Visible(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
}
