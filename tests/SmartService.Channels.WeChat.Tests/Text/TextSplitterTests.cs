using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SmartService.Channels.WeChat.Text;

namespace SmartService.Channels.WeChat.Tests.Text;

public sealed partial class TextSplitterTests
{
    [Theory]
    [InlineData("一二三\n\n四五六\n七八九", 22, "一二三|四五六\n七八九")]
    [InlineData("一二三四\n五六七。八九", 24, "一二三四|五六七。八九")]
    [InlineData("一二三四五。六七八，九十", 24, "一二三四五。|六七八，九十")]
    [InlineData("他说“一二三四。”五六七八", 30, "他说“一二三四。”|五六七八")]
    [InlineData("一二三四五，六七八九十", 24, "一二三四五，|六七八九十")]
    [InlineData("alpha beta gamma delta", 12, "alpha beta|gamma delta")]
    [InlineData("一二三四五六七八九十", 12, "一二三四|五六七八|九十")]
    [InlineData("价格是3.1415926元整", 14, "价格是|3.1415926元|整")]
    [InlineData("Version 2.5. Next one.", 14, "Version 2.5.|Next one.")]
    public void The_best_cut_in_the_second_half_wins(string text, int maxBytes, string pieces) =>
        Assert.Equal(pieces.Split('|'), Texts(text, maxBytes));

    [Fact]
    public void A_url_goes_whole_into_the_next_piece()
    {
        const string Url = "https://example.com/a/b?c=d,e.f;g!h&i=1";
        Assert.Equal(["请看这个网页", Url, "谢谢"], Texts($"请看这个网页{Url}谢谢", 40));
    }

    [Theory]
    [InlineData("👨‍👩‍👧‍👦")]
    [InlineData("🇨🇳")]
    [InlineData("🤷🏽‍♀️")]
    [InlineData("1️⃣")]
    [InlineData("e\u0301")]
    public void Emoji_and_combined_characters_stay_whole(string cluster)
    {
        var text = string.Concat(Enumerable.Repeat(cluster, 60));
        foreach (var maxBytes in new[] { 32, 33, 47, 64 })
        {
            var pieces = Texts(text, maxBytes);
            Assert.Equal(text, string.Concat(pieces));
            Assert.All(pieces, piece => Assert.Equal("", piece.Replace(cluster, "", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData('1')]
    [InlineData('\u0301')]
    [InlineData('中')]
    public void What_is_larger_than_a_message_is_cut_all_the_same(char one)
    {
        var text = "a" + new string(one, 5000);
        var pieces = Texts(text, 2048);
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.InRange(Encoding.UTF8.GetByteCount(piece), 1, 2048));
    }

    [Fact]
    public void A_long_list_of_numbers_is_cut_between_them()
    {
        var text = string.Join(',', Enumerable.Range(1000, 3000));
        var pieces = Texts(text, 2048);
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces[..^1], piece => Assert.EndsWith(",", piece, StringComparison.Ordinal));
    }

    [Fact]
    public void Indentation_survives_a_cut_between_lines() =>
        Assert.Equal(["    first line", "    second line"], Texts("    first line\n    second line", 20));

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("\u200b")]
    public void Nothing_visible_gives_nothing(string text) => Assert.Empty(Texts(text, 2048));

    [Fact]
    public void Random_text_loses_nothing_and_nothing_is_broken()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            Check(RandomText(new Random(seed), seed % 10 == 0 ? 6000 : 1500), seed % 3 == 0 ? 2048 : 400);
        }
    }

    [Fact]
    public void A_hundred_thousand_characters_are_split_correctly()
    {
        var text = RandomText(new Random(4711), 100_000);
        Check(text, 2048);
        // Cuts at sentence ends cost room, but never more than half of it.
        Assert.InRange(Texts(text, 2048).Length, Encoding.UTF8.GetByteCount(text) / 2048, Encoding.UTF8.GetByteCount(text) / 1024 + 1);
    }

    private static void Check(string text, int maxBytes)
    {
        var pieces = Texts(text, maxBytes);
        Assert.Equal(Visible(text), Visible(string.Concat(pieces)));
        Assert.All(pieces, piece =>
        {
            Assert.InRange(Encoding.UTF8.GetByteCount(piece), 1, maxBytes);
            Assert.Equal(piece, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(piece)));
        });

        var whole = StringInfo.ParseCombiningCharacters(text).ToHashSet();
        var atoms = Atoms().Matches(text).Where(atom => Encoding.UTF8.GetByteCount(atom.Value) <= maxBytes).ToArray();
        foreach (var piece in TextSplitter.Split(text, maxBytes).Skip(1))
        {
            Assert.Contains(piece.Start, whole);
            Assert.DoesNotContain(atoms, atom => piece.Start > atom.Index && piece.Start < atom.Index + atom.Length);
        }
    }

    private static string[] Texts(string text, int maxBytes) => [.. TextSplitter.Split(text, maxBytes).Select(piece => piece.Text)];

    private static string Visible(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static string RandomText(Random random, int length)
    {
        string[] bits =
        [
            "沙发", "您好", "布面破了能免费修吗", "。", "！", "？", "，", "；", "：", "“好的。”", "\n", "\n\n", " ", "  ", "hello", "World-wide", "a.b",
            "👨‍👩‍👧‍👦", "🇨🇳", "🤷🏽‍♀️", "😀", "𠮷", "e\u0301", "3.14", "1,299.00", "2026-11-25", "13800138000", "0.5%", "[微笑]", "）", "https://example.com/path/to?x=1&y=2.5,z",
            "http://a.cn/", "中文https://example.com/" + new string('x', 200), "\t", "    ", ".", "!", "·",
        ];
        var text = new StringBuilder("起");
        while (text.Length < length)
        {
            text.Append(bits[random.Next(bits.Length)]);
        }

        return text.Append('终').ToString();
    }

    // Independent of the product's own idea of what stays whole.
    [GeneratedRegex(@"https?://[a-zA-Z0-9./?=&,_-]*[a-zA-Z0-9/]|\d+(?:\.\d+)?", RegexOptions.CultureInvariant, 10_000)]
    private static partial Regex Atoms();
}
