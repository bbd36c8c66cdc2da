using SmartService.Evals.Metrics;

namespace SmartService.Evals.Tests.Metrics;

public sealed class NumbersInTextTests
{
    [Fact]
    public void Numbers_are_read_as_customers_read_them() =>
        Assert.Equal([2999m, 1.8m, 10000m, 7m], NumbersInText.Of("云朵沙发２,９９９.00元，宽1.8米，满10,000送，7天无理由"));

    [Fact]
    public void A_list_of_numbers_is_not_a_thousand() => Assert.Equal([1m, 2m, 34m], NumbersInText.Of("1,2,34"));

    [Fact]
    public void A_number_that_no_source_holds_is_invented() =>
        Assert.Equal([3m], NumbersInText.Invented("价格2999元，质保3年", ["云朵沙发 价格：2,999元", "面料质保5年"]));

    [Fact]
    public void A_number_that_a_source_writes_differently_is_not_invented() =>
        Assert.Empty(NumbersInText.Invented("共2999.0元", ["2999元"]));
}
