using SmartService.Channels.WeChat.Text;

namespace SmartService.Channels.WeChat.Tests.Text;

public sealed class PlainTextTests
{
    [Theory]
    [InlineData("# 退换货政策", "【退换货政策】")]
    [InlineData("### **质保** 说明 ###", "【质保 说明】")]
    [InlineData("#话题#不是标题", "#话题#不是标题")]
    [InlineData("#", "")]
    [InlineData("- 一\n* 二\n+ 三\n  - 四", "· 一\n· 二\n· 三\n  · 四")]
    [InlineData("- [ ] 待办\n- [x] 完成", "· 待办\n· 完成")]
    [InlineData("1. 第一步\n2. 第二步", "1. 第一步\n2. 第二步")]
    [InlineData("> 引用\n>> 两层", "引用\n两层")]
    [InlineData("上\n\n---\n\n下", "上\n\n下")]
    [InlineData("**粗**、*斜*、~~删~~、`代码`、__粗__ 和 _斜_", "粗、斜、删、代码、粗 和 斜")]
    [InlineData("**粗里有 *斜* 字**", "粗里有 斜 字")]
    [InlineData("[退货说明](https://example.com/a_b_c?x=1)", "退货说明 https://example.com/a_b_c?x=1")]
    [InlineData("[https://example.com](https://example.com)", "https://example.com")]
    [InlineData("![沙发](https://example.com/s.png \"图\")", "沙发 https://example.com/s.png")]
    [InlineData("![](https://example.com/s.png)", "https://example.com/s.png")]
    [InlineData("<https://example.com/x>", "https://example.com/x")]
    [InlineData("看https://example.com/a_b_c_d，好", "看https://example.com/a_b_c_d，好")]
    [InlineData("**见 https://example.com/a_b**", "见 https://example.com/a_b")]
    [InlineData("3*4*5=60，snake_case_name，2 * 3 * 4", "3*4*5=60，snake_case_name，2 * 3 * 4")]
    [InlineData("[微笑] 收到/::) [OK]", "[微笑] 收到/::) [OK]")]
    [InlineData("\\*不是强调\\*", "*不是强调*")]
    [InlineData("a\r\nb\rc", "a\nb\nc")]
    [InlineData("一\n\n\n\n二\n  \n \n三", "一\n\n二\n\n三")]
    public void Markdown_becomes_what_wechat_can_show(string markdown, string plain) => Assert.Equal(plain, PlainText.Render(markdown));

    [Fact]
    public void Code_is_indented_and_otherwise_left_alone()
    {
        Assert.Equal("运行：\n    if (a*b*c) {\n        # x\n    }\n\n    y\n完", PlainText.Render("运行：\n```c\nif (a*b*c) {\n    # x\n}\n\ny\n```\n完"));
        Assert.Equal("    没有结尾", PlainText.Render("~~~\n没有结尾"));
    }

    [Fact]
    public void A_table_becomes_named_values_row_by_row()
    {
        Assert.Equal(
            "尺寸如下\n\n型号: A1\n价格: 1299 元\n\n型号: B|2\n说明: 有货",
            PlainText.Render("尺寸如下\n| 型号 | 价格 | 说明 |\n|:--|---:|---|\n| A1 | **1299** 元 | |\n| B\\|2 | | 有货 |\n"));
        Assert.Equal("型号 价格", PlainText.Render("型号 | 价格\n---|---"));
        Assert.Equal("a | b 不是表", PlainText.Render("a | b 不是表"));
    }

    [Fact]
    public void Control_characters_and_lone_surrogates_are_dropped()
    {
        Assert.Equal("a\tb中😀c", PlainText.Render("a\tb\u0000\u001b\u0085中\ud83d\ude00\ud83dc\ude00\uffff"));
        Assert.Equal("👨‍👩‍👧", PlainText.Clean("👨‍👩‍👧"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \n\t　")]
    [InlineData("\u200b\u200d\ufeff\ufe0f")]
    public void What_nobody_can_see_is_blank(string? text) => Assert.True(PlainText.IsBlank(text));

    [Theory]
    [InlineData("。")]
    [InlineData("👨‍👩‍👧")]
    public void Anything_else_is_not(string text) => Assert.False(PlainText.IsBlank(text));

    [Fact]
    public void Rendering_twice_changes_nothing()
    {
        const string Markdown = "# 标题\n- **一** [a](https://a.b/c_d_)\n    - 二\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n```py\n# not a heading\nx = a*b*c\n```\n> 引 _用_";
        var once = PlainText.Render(Markdown);
        Assert.Equal(once, PlainText.Render(once));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("**a ")]
    [InlineData("[")]
    [InlineData("`")]
    [InlineData("_a ")]
    [InlineData("[a](")]
    [InlineData("\\")]
    [InlineData("|")]
    [InlineData("> ")]
    [InlineData("- ")]
    [InlineData("https://a")]
    public void A_hundred_thousand_characters_of_unmatched_marks_are_cheap(string mark)
    {
        var text = string.Concat(Enumerable.Repeat(mark, 100_000 / mark.Length));
        // The regular expressions give up after seconds; what matters is that they need not.
        Assert.NotNull(PlainText.Render(text));
    }
}
