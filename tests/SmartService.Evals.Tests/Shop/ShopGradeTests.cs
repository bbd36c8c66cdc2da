using SmartService.Evals.Shop;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Evals.Tests.Shop;

public sealed class ShopGradeTests
{
    private static readonly string[] OverWords = ["已结束"];

    [Fact]
    public void A_right_answer_holds_every_expected_string() =>
        Assert.True(Grade(["2999", "5年|60个月"], "云朵沙发 ２,９９９ 元，质保60个月", "价格2999元，质保60个月").Right);

    [Theory]
    [InlineData("云朵沙发 2999 元")]
    [InlineData("云朵沙发 12999 元，质保5年")]
    [InlineData("云朵沙发 29990 元，质保5年")]
    public void An_expected_string_that_is_missing_or_part_of_another_number_makes_it_wrong(string reply) =>
        Assert.False(Grade(["2999", "5年|60个月"], reply).Right);

    [Fact]
    public void A_refusal_of_an_answerable_question_is_wrong_whatever_it_says()
    {
        var grade = Grade(["2999"], "2999", outcome: TurnOutcome.Declined);

        Assert.Equal((false, true), (grade.Right, grade.Refused));
    }

    [Theory]
    [InlineData(TurnOutcome.Declined, true)]
    [InlineData(TurnOutcome.HandedOff, true)]
    [InlineData(TurnOutcome.Answered, false)]
    public void An_unanswerable_question_wants_a_refusal(TurnOutcome outcome, bool right) =>
        Assert.Equal(right, Grade([], "九点开门", outcome: outcome, answerable: false, kind: "unanswerable").Right);

    [Theory]
    [InlineData("expired", "这个活动已结束", true)]
    [InlineData("expired", "满3000减300", false)]
    [InlineData("unanswerable", "这个活动已结束", false)]
    public void Of_an_expired_promotion_it_is_right_to_say_that_it_is_over(string kind, string reply, bool right) =>
        Assert.Equal(right, Grade([], reply, answerable: false, kind: kind).Right);

    [Fact]
    public void A_number_that_is_neither_cited_nor_asked_is_invented() =>
        Assert.Equal([9m], Grade([], "2026年的价格2999元，现在9折", "价格2999元").Invented);

    [Fact]
    public void A_refusal_is_not_searched_for_invented_numbers() =>
        Assert.Empty(Grade([], "请在9点后联系人工", outcome: TurnOutcome.Declined).Invented);

    [Fact]
    public void Everything_that_the_customer_reads_counts() =>
        Assert.Equal(
            "a\nb\nc\nd\ne\nf\n",
            ShopGrade.TextOf([new TextPart("a"), new MenuPart("b", [new MenuItem("1", "c")], "d"), new LinkPart("e", "f", "http://x"), new MediaPart(SmartService.Messages.MediaKind.Image, "m")]));

    private static ShopGrade Grade(
        IReadOnlyList<string> expect, string reply, string quote = "", TurnOutcome outcome = TurnOutcome.Answered, bool answerable = true, string kind = "fact") =>
        ShopGrade.Of(
            new ShopQuestion("q", "2026年多少钱", answerable, kind, expect),
            new TurnResult { Outcome = outcome, Reply = [new TextPart(reply)], Citations = [new Citation("c", "products.xlsx", quote)], State = new DialogueState() },
            OverWords);
}
