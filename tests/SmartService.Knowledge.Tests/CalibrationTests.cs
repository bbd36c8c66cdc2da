using SmartService.Knowledge.Retrieval;

namespace SmartService.Knowledge.Tests;

public sealed class CalibrationTests
{
    [Fact]
    public void The_threshold_balances_answers_and_refusals_among_those_precise_enough()
    {
        // At 0.55: 3 of 4 answered, none wrong. At 0.25: all answered, 1 of 2 wrong, precision 0.8.
        (double, bool)[] predictions = [(0.9, true), (0.8, true), (0.6, true), (0.5, false), (0.3, true), (0.2, false)];
        Assert.Equal(0.55, Calibration.ChooseThreshold(predictions, 0.95), 6);
        Assert.Equal(0.55, Calibration.ChooseThreshold(predictions, 0.75), 6);
    }

    [Fact]
    public void Without_enough_precision_the_most_precise_threshold_is_taken() =>
        Assert.Equal(0.75, Calibration.ChooseThreshold([(0.9, false), (0.8, true), (0.7, false)], 0.95), 6);

    [Fact]
    public void Every_weight_has_the_sign_that_its_feature_promises()
    {
        var weights = Calibration.Embedded.Weights;
        Assert.Equal(Features.Names.Order(StringComparer.Ordinal), weights.Keys.Order(StringComparer.Ordinal));
        Assert.All((string[])["close", "faq", "fact", "margin"], name => Assert.True(weights[name] > 0, name));
        Assert.All((string[])["missing", "run", "unknown", "typeMissed", "thin", "outdated"], name => Assert.True(weights[name] < 0, name));
    }

    [Fact]
    public void A_fit_is_the_same_every_time_and_survives_its_file()
    {
        var samples = Enumerable.Range(0, 60).Select(i => (new Features { Close = i / 60.0, Missing = i % 7 / 7.0 }, i > 25 || i % 11 == 0)).ToList();
        var (first, second) = (Calibration.Fit(samples), Calibration.Fit(samples));
        Assert.Equal(first.ToJson(), second.ToJson());
        Assert.True(first.Probability(new Features { Close = 1 }) > first.Probability(new Features { Close = 0.1 }));
        Assert.Throws<ArgumentException>(() => Calibration.Fit([]));
    }
}
