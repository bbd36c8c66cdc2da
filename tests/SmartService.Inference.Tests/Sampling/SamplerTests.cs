using SmartService.Inference.Constraints;
using SmartService.Inference.Hosting;
using SmartService.Inference.Sampling;
using SmartService.Inference.Tests.Engine;

using FakeVocabulary = SmartService.Inference.Tests.Engine.FakeVocabulary;

namespace SmartService.Inference.Tests.Sampling;

public sealed class SamplerTests
{
    private readonly FakeVocabulary _vocabulary = new();

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(1000)]
    public void The_scan_finds_what_sorting_finds(int wanted)
    {
        var random = new Random(wanted);
        var top = new TopCandidates(1024);
        for (var round = 0; round < 50; round++)
        {
            // Few different values, so that equals are common; some that are no candidates.
            var row = Enumerable.Range(0, random.Next(1, 3000)).Select(_ => random.Next(20) switch
            {
                0 => float.NaN,
                1 => float.NegativeInfinity,
                _ => random.Next(50) / 7f,
            }).ToArray();
            top.Scan(row, wanted);
            var expected = Enumerable.Range(0, row.Length).Where(id => row[id] > float.NegativeInfinity).OrderByDescending(id => row[id]).ThenBy(id => id).Take(wanted);
            Assert.Equal(expected, top.Ids.ToArray());
            Assert.Equal(top.Ids.ToArray().Select(id => row[id]), top.Logits.ToArray());
        }
    }

    [Fact]
    public void Among_marked_tokens_only_those_are_found()
    {
        var top = new TopCandidates(8);
        top.Scan([9, 1, 8, 2, 7], 2, [false, true, false, true, true]);
        Assert.Equal([4, 3], top.Ids.ToArray());
        top.Scan([9, 1], 2, [false, false]);
        Assert.Equal(0, top.Count);
    }

    [Fact]
    public void Zero_temperature_takes_the_most_likely_and_the_lowest_of_equals()
    {
        var row = Row(('b', 5), ('a', 5), ('c', 4));
        Assert.Equal('a', Sample(row, new() { Temperature = 0 }));
    }

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        var counts = new Dictionary<int, int>();
        var random = new Xoshiro256(1);
        var sampler = new Sampler(_vocabulary);
        for (var draw = 0; draw < 20_000; draw++)
        {
            var token = sampler.Sample(Row(('a', MathF.Log(6)), ('b', MathF.Log(3)), ('c', MathF.Log(1))), new() { Temperature = 1, TopP = 1, MinP = 0, TopK = 3 }, ref random, [], null);
            counts[token] = counts.GetValueOrDefault(token) + 1;
        }

        Assert.InRange(counts['a'], 11_700, 12_300);
        Assert.InRange(counts['b'], 5_700, 6_300);
        Assert.InRange(counts['c'], 1_800, 2_200);
    }

    [Theory]
    [InlineData(2, 1f, 0f, "ab")]
    [InlineData(0, 0.59f, 0f, "a")]
    [InlineData(0, 0.61f, 0f, "ab")]
    [InlineData(0, 1f, 0.4f, "ab")]
    [InlineData(0, 1f, 0.6f, "a")]
    public void Unlikely_tokens_are_cut_off(int topK, float topP, float minP, string expected)
    {
        var drawn = new SortedSet<char>();
        for (ulong seed = 0; seed < 300; seed++)
        {
            drawn.Add((char)Sample(Row(('a', MathF.Log(6)), ('b', MathF.Log(3)), ('c', MathF.Log(1))), new() { Temperature = 1, TopK = topK, TopP = topP, MinP = minP }, seed));
        }

        Assert.Equal(expected, string.Concat(drawn));
    }

    [Fact]
    public void Penalties_touch_the_tokens_of_the_window_only()
    {
        var settings = new SamplingSettings { Temperature = 0, RepetitionPenalty = 2, FrequencyPenalty = 0.5f, PresencePenalty = 0.25f, PenaltyWindow = 4 };
        var row = Row(('a', 8), ('b', 6), ('c', -2));
        var random = new Xoshiro256(0);
        var token = new Sampler(_vocabulary).Sample(row, settings, ref random, ['b', 'a', 'a', 'c', 'x'], null);
        Assert.Equal('b', token);
        Assert.Equal((8f / 2) - 1 - 0.25f, row['a']);
        Assert.Equal(6f, row['b']);
        Assert.Equal((-2f * 2) - 0.5f - 0.25f, row['c']);
    }

    [Fact]
    public void Rows_without_a_number_have_no_next_token()
    {
        Assert.Equal(-1, Sample(Enumerable.Repeat(float.NaN, _vocabulary.Count).ToArray(), new()));
        Assert.Equal(-1, Sample(Enumerable.Repeat(float.NegativeInfinity, _vocabulary.Count).ToArray(), new()));
    }

    [Fact]
    public void Infinity_is_certainty_and_the_draw_ends()
    {
        var row = Row(('a', 5), ('b', float.PositiveInfinity), ('c', float.NaN));
        for (ulong seed = 0; seed < 20; seed++)
        {
            Assert.Equal('b', Sample(row, new() { Temperature = 1 }, seed));
        }
    }

    [Fact]
    public void A_constraint_sees_likely_tokens_first_and_the_end_only_where_it_may_end()
    {
        var row = Row((FakeVocabulary.End, 20), ('Z', 10), ('q', 5), ('a', 4));
        Assert.Equal('q', Sample(row, new() { Temperature = 0 }, constraint: new ScriptedConstraint(_vocabulary, [new OutputShape.FreeText("3")])));
        Assert.Equal(FakeVocabulary.End, Sample(row, new() { Temperature = 0 }, constraint: new ScriptedConstraint(_vocabulary, [])));
    }

    [Fact]
    public void Equal_seeds_draw_equal_tokens()
    {
        var row = Row([.. Enumerable.Range('a', 26).Select(letter => (letter, letter / 40f))]);
        var (one, other) = (new Xoshiro256(42), new Xoshiro256(42));
        var sampler = new Sampler(_vocabulary);
        for (var draw = 0; draw < 100; draw++)
        {
            Assert.Equal(sampler.Sample(row, new() { Temperature = 2 }, ref one, [], null), sampler.Sample(row, new() { Temperature = 2 }, ref other, [], null));
        }
    }

    [Fact]
    public void The_generator_is_the_published_one()
    {
        // SplitMix64 from 0 gives these first numbers (Vigna's reference code); the state is filled with them.
        var random = new Xoshiro256(0);
        ulong a = 0xE220A8397B1DCDAF, d = 0xF88BB8A8724C81EC;
        Assert.Equal(System.Numerics.BitOperations.RotateLeft(a + d, 23) + a, random.Next());
    }

    [Fact]
    public void Log_probabilities_equal_those_computed_in_double()
    {
        var random = new Random(5);
        var row = Enumerable.Range(0, 152_001).Select(_ => (float)((random.NextDouble() * 40) - 20)).ToArray();
        Assert.Equal(Math.Log(row.Sum(logit => Math.Exp(logit))), LogSoftmax.Normalizer(row), 1e-5);
        Assert.True(double.IsNaN(LogSoftmax.Normalizer([float.NegativeInfinity, float.NaN])));
    }

    [Fact]
    public void Probabilities_sum_to_one_whatever_the_scores()
    {
        Assert.Equal([0.75f, 0.25f, 0], LogSoftmax.Probabilities([Math.Log(0.3), Math.Log(0.1), double.NaN]));
        Assert.Equal([0.5f, 0.5f], LogSoftmax.Probabilities([double.NegativeInfinity, double.NegativeInfinity]));
        Assert.Equal([1f, 0f], LogSoftmax.Probabilities([-5000, -9000]));
    }

    private float[] Row(params (int Token, float Logit)[] logits)
    {
        var row = Enumerable.Repeat(float.NegativeInfinity, _vocabulary.Count).ToArray();
        foreach (var (token, logit) in logits)
        {
            row[token] = logit;
        }

        return row;
    }

    private int Sample(float[] row, SamplingSettings settings, ulong seed = 0, ITokenConstraint? constraint = null)
    {
        var random = new Xoshiro256(seed);
        return new Sampler(_vocabulary).Sample(row, settings, ref random, [], constraint);
    }
}
