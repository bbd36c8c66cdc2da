using SmartService.Knowledge.Retrieval;
using SmartService.Knowledge.Store;

namespace SmartService.Knowledge.Tests;

public sealed class QuestionTests
{
    private static readonly Catalogue Lamps = new(
        100, false, [new AliasRow { Alias = "晨星护眼台灯", Subject = "晨星护眼台灯" }, new AliasRow { Alias = "月白落地灯", Subject = "月白落地灯" }],
        [new AliasRow { Alias = "折叠灯", Subject = "月白落地灯" }], ["价格"], [new AliasRow { Alias = "灯具", Subject = "晨星护眼台灯" }]);

    [Theory]
    [InlineData("包不包邮", "包邮")]
    [InlineData("可不可以退", "可以退")]
    [InlineData("要不要钱", "要钱")]
    [InlineData("对不起", "对不起")]
    public void Whether_is_folded(string asked, string expected) => Assert.Equal(expected, Question.Fold(asked));

    [Fact]
    public void Everyday_characters_side_by_side_are_content()
    {
        Assert.Equal([UnitKind.Character, UnitKind.Character], Kinds("加热吗")[..2]);
        Assert.Equal(UnitKind.Common, Kinds("带吗")[0]);
    }

    [Fact]
    public void Amounts_and_courtesy_carry_little() => Assert.DoesNotContain(Kinds("请问500可以吗"), kind => kind is UnitKind.Word or UnitKind.Character);

    [Fact]
    public void The_kind_of_a_product_is_known_from_the_catalogue() => Assert.Contains(UnitKind.Category, Question.Parse("灯具怎么清洁", Lamps).Units.Select(unit => unit.Kind));

    [Fact]
    public void The_beginning_of_a_name_names_the_product_but_that_of_another_name_does_not()
    {
        Assert.Equal("晨星护眼台灯", Assert.Single(Assert.Single(Lamps.Find("晨星多少钱")).Subjects));
        Assert.Empty(Lamps.Find("能折叠吗"));
    }

    [Fact]
    public void Beside_a_named_product_another_is_only_meant_in_a_comparison()
    {
        Assert.Single(Lamps.Find("晨星护眼台灯有月白色吗"));
        Assert.Equal(2, Lamps.Find("晨星护眼台灯和月白哪个贵").Count);
    }

    [Fact]
    public void What_is_missing_is_said_in_the_words_of_the_question()
    {
        var question = Question.Parse("门店能停车吗", null);
        var coverage = Coverage.Of(question, new Evidence("有3家门店"), new Weights(Lamps));
        Assert.Equal("停车", string.Concat(coverage.Words));
        Assert.True(coverage.Run > 1 && coverage.Share < 0.7, $"{coverage}");
        Assert.Empty(Coverage.Of(question, new Evidence("体验店可以停车"), new Weights(Lamps)).Words);
    }

    private static UnitKind[] Kinds(string text) => [.. Question.Parse(text, null).Units.Select(unit => unit.Kind)];
}
