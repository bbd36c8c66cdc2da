using SmartService.Bot.Answers;
using SmartService.Bot.Answers.Checking;
using SmartService.Turns;

namespace SmartService.Bot.Tests.Answers;

/// <summary>Mistakes that the 0.5B model really made with the sample shop, and true sentences of it that must pass.</summary>
public sealed class SmallModelCheckTests
{
    private const string Made = "从确认图纸并付定金算起，定制衣柜、书架25到35天，定制窗帘7到10天，沙发换色15到20天。";
    private const string Points = "100积分抵1元，每笔订单最多抵订单金额的10%，可以和优惠券一起用。";
    private const string Cloth = "布面破损不在免费质保范围内，不能免费维修。可以付费换布：单人位300元，双人位480元。换布周期为10个工作日。";
    private const string Mattress = "床垫拆封了还能退吗？\n床垫拆掉密封膜后不支持无理由退货，有质量问题的不受影响。";

    [Theory]
    [InlineData("定制衣柜25到35天。", Made, true)]
    [InlineData("定制窗帘要7到10天。", Made, true)]
    [InlineData("定制衣柜要7到10天。", Made, false)]
    [InlineData("100积分抵1元，可以和优惠券一起用。", Points, true)]
    [InlineData("会员积分抵1元，每笔订单最多抵订单金额的10%。", Points, false)]
    [InlineData("可以付费换布：单人位300元，双人位480元。", Cloth, true)]
    [InlineData("可以付费换布：双人位300元。", Cloth, false)]
    [InlineData("布面破损不能免费维修。", Cloth, true)]
    public void A_number_stands_with_the_words_that_it_stands_with_in_the_source(string said, string source, bool agrees) =>
        Assert.Equal(agrees, NumberContext.Agrees(said, [Source(source)]));

    [Theory]
    [InlineData("可以付费换布：单人位300元。", Cloth, true)]
    [InlineData("免费换布周期为10个工作日。", Cloth, false)]
    [InlineData("布面破损不能免费维修。", Cloth, true)]
    [InlineData("床垫拆封后可以退，但不支持无理由退货。", Mattress, false)]
    [InlineData("床垫拆掉密封膜后不支持无理由退货。", Mattress, true)]
    [InlineData("积分可以和优惠券一起用。", Points, true)]
    public void What_is_allowed_or_free_is_so_in_the_source(string said, string source, bool agrees) =>
        Assert.Equal(agrees, Permissions.Agree(said, [Source(source).WithoutQuestions()]));

    [Theory]
    [InlineData("发票怎么开", "发票怎么开", true)]
    [InlineData("发票怎么开", "在我的订单里点申请发票。", false)]
    [InlineData("支持七天无理由退货吗", "支持七天无理由退货。", false)]
    public void A_repeated_question_is_no_answer(string question, string said, bool echoes) =>
        Assert.Equal(echoes, Completeness.Echoes(question, said));

    [Fact]
    public void Questions_are_left_out_and_courtesies_stay() =>
        Assert.Equal(["您好！", "不支持。", "请问还有其他问题吗？"], Completeness.WithoutQuestions(["您好！", "床垫拆了还能退吗？", "安装要收费吗。", "不支持。", "请问还有其他问题吗？"]));

    [Theory]
    [InlineData("定制要多久", "定制衣柜要25到35天。", false)]
    [InlineData("定制要多久", "可以定制尺寸。", true)]
    [InlineData("能定制吗", "可以定制尺寸。", false)]
    public void An_amount_that_was_asked_for_must_be_said(string question, string said, bool lacks) =>
        Assert.Equal(lacks, Completeness.Lacks(question, new Answer("", [new Citation("1", "s", "定制衣柜要25到35天。")], "faq"), said));

    [Theory]
    [InlineData("价格2,999元", "2999元", true)]
    [InlineData("价格2999.00元", "2999元", true)]
    [InlineData("价格２９９９元", "2999元", true)]
    [InlineData("3天", "三天", false)]
    [InlineData("299元", "2999元", false)]
    public void Numbers_are_compared_digit_for_digit(string said, string source, bool known) =>
        Assert.Equal(known, LiteralNumbers.AllIn(said, [source]));

    private static Evidence Source(string text) => new("1", "来源", text);
}
