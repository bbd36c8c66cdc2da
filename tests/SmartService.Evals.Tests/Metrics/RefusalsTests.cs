using SmartService.Evals.Metrics;

namespace SmartService.Evals.Tests.Metrics;

public sealed class RefusalsTests
{
    private static readonly RefusalCase[] Cases =
    [
        new("opening-hours", Answerable: false, Refused: true),
        new("parking", Answerable: false, Refused: false),
        new("weather", Answerable: false, Refused: true),
        new("price", Answerable: true, Refused: true),
        new("size", Answerable: true, Refused: false),
    ];

    [Fact]
    public void Precision_looks_at_what_was_refused()
    {
        var precision = Refusals.Precision(Cases);

        Assert.Equal(["opening-hours", "price", "weather"], precision.Keys.Order());
        Assert.False(precision["price"]);
        Assert.Equal(2, precision.Values.Count(right => right));
    }

    [Fact]
    public void Recall_looks_at_what_should_have_been_refused()
    {
        var recall = Refusals.Recall(Cases);

        Assert.Equal(["opening-hours", "parking", "weather"], recall.Keys.Order());
        Assert.False(recall["parking"]);
        Assert.Equal(2, recall.Values.Count(refused => refused));
    }
}
