using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData("雲朵沙發", "云朵沙发")]
    [InlineData("ＡＢＣ１２３", "abc123")]
    [InlineData("沙😀发👨‍👩‍👧", "沙发")]
    [InlineData("七天无理由", "7天无理由")]
    [InlineData("三千以内", "3000以内")]
    [InlineData("万一坏了", "万一坏了")]
    [InlineData("", "")]
    public void Text_is_folded_to_one_form(string text, string expected) => Assert.Equal(expected, ChineseText.Normalize(text).Text);

    [Fact]
    public void A_range_of_folded_text_leads_back_to_the_words_as_written()
    {
        var text = ChineseText.Normalize("保修😀十二个月，ＯＫ");
        var at = text.Text.IndexOf("12个月", StringComparison.Ordinal);
        Assert.Equal("十二个月", text.Literal(at, 4));
    }

    [Fact]
    public void Half_a_surrogate_pair_is_harmless() => Assert.Equal("好", ChineseText.Normalize("\ud83d好\ude00").Text);

    [Theory]
    [InlineData("三千五", 3500L)]
    [InlineData("两万零五", 20005L)]
    [InlineData("十二", 12L)]
    [InlineData("一百零八", 108L)]
    [InlineData("千", null)]
    [InlineData("一一", null)]
    public void Numerals_have_their_value(string text, long? expected) => Assert.Equal(expected, ChineseNumerals.Parse(text));

    [Fact]
    public void Terms_are_bigrams_and_whole_words() => Assert.Equal(["a4", "换货", "退换"], IndexTerms.Of("退换货 a4").Order(StringComparer.Ordinal));

    [Fact]
    public void A_single_character_and_a_run_of_one_character_are_terms()
    {
        Assert.Contains("退", IndexTerms.Of("退"));
        Assert.Contains("哈", IndexTerms.Of("哈哈哈"));
        Assert.Contains("7天", IndexTerms.Of("7天"));
    }

    [Theory]
    [InlineData("云朵沙发", "云朵纱发", true)]
    [InlineData("云朵沙发", "云朵沙", true)]
    [InlineData("云朵沙发", "云沙发垫", false)]
    [InlineData("云朵", "云朵沙发", false)]
    public void One_slip_is_forgiven(string left, string right, bool expected) => Assert.Equal(expected, Edits.AtMostOne(left, right));

    [Fact]
    public void Sentences_are_cut_where_a_reader_stops() =>
        Assert.Equal(["可以退。", "真的吗？”", "好"], Sentences.Split("可以退。 真的吗？”好").Select(s => "可以退。 真的吗？”好".Substring(s.Start, s.Length)));
}
