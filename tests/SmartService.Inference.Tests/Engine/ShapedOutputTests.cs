using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Sampling;
using static SmartService.Inference.Tests.Engine.SchedulerRig;

namespace SmartService.Inference.Tests.Engine;

public sealed class ShapedOutputTests
{
    private static readonly string[] s_labels = ["退货", "退款和运费", "物流", "问"];

    private static readonly OutputShape s_intent = new OutputShape.InOrder(
    [
        new OutputShape.Literal("{\"意图\":\""),
        new OutputShape.Choice([.. s_labels.Select(label => new OutputShape.Literal(label))]),
        new OutputShape.Literal("\",\"slot\":\""),
        new OutputShape.FreeText("4"),
        new OutputShape.Literal("\"}"),
    ]);

    [Fact]
    public async Task The_fixed_part_is_fed_and_only_the_free_part_is_sampled()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("<|im_start|>我要退", 200) with { Shape = s_intent });
        Assert.Matches("^\\{\"意图\":\"(退货|退款和运费|物流|问)\",\"slot\":\"[a-z]{4}\"\\}$", text);
        Assert.Equal(FinishReason.Stop, last.Finish);
        Assert.Equal(last.Usage!.OutputTokens - 4, last.Usage.FedTokens);
        // One step for prompt and beginning, one for the options, one to feed, three to choose letters.
        Assert.InRange(rig.Decoder.Decodes, 4, 7);
    }

    [Fact]
    public async Task Scores_are_the_options_probabilities_computed_by_hand()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("<|im_start|>我要退", 200) with { Shape = s_intent });
        var scores = Assert.Single(last.ChoiceScores!);
        var expected = ByHand(rig.Model, [.. Tokens(rig, "<|im_start|>我要退"), .. Tokens(rig, "{\"意图\":\"")], [.. s_labels.Select(label => Tokens(rig, label))]);
        Assert.Equal(expected.Length, scores.Count);
        Assert.All(expected.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Equal(1f, scores.Sum(), 1e-4f);
        Assert.Contains(s_labels[expected.IndexOf(expected.Max())], text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 64, 64)]
    [InlineData(3, 2, 8)]
    [InlineData(64, 1, 1)]
    public async Task Options_that_do_not_fit_one_step_get_the_same_scores(int sequences, int outputs, int batch)
    {
        await using var wide = new SchedulerRig();
        var expected = (await wide.RunAsync(Ask("<|im_start|>我要退", 200) with { Shape = s_intent })).Last.ChoiceScores!;
        var decoder = new FakeDecoder(wide.Model) { MaxSequences = sequences, MaxOutputs = outputs, BatchTokens = batch };
        await using var narrow = new SchedulerRig(decoder: decoder, model: wide.Model);
        var (_, last) = await narrow.RunAsync(Ask("<|im_start|>我要退", 200) with { Shape = s_intent });
        Assert.Equal(expected[0], last.ChoiceScores![0]);
    }

    [Fact]
    public async Task An_output_that_is_fixed_whole_needs_no_decode()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("x") with { Shape = new OutputShape.Literal("好的") });
        Assert.Equal(("好的", FinishReason.Stop, 0), (text, last.Finish, rig.Decoder.Decodes));
    }

    [Fact]
    public async Task A_shape_that_is_cut_off_says_so()
    {
        await using var rig = new SchedulerRig();
        var (text, last) = await rig.RunAsync(Ask("<|im_start|>我要退", 3) with { Shape = s_intent });
        Assert.Equal((FinishReason.Length, 3), (last.Finish, last.Usage!.OutputTokens));
        Assert.Equal("{\"", text);
    }

    [Fact]
    public async Task When_no_likely_token_is_allowed_the_whole_vocabulary_is_looked_at()
    {
        var model = new FakeModel(new FakeVocabulary());
        var decoder = new FakeDecoder(model)
        {
            Spoil = row =>
            {
                for (var token = 'a'; token <= 'z'; token++)
                {
                    row[token] = token == 'q' ? -50 : -60;
                }
            },
        };
        await using var rig = new SchedulerRig(decoder: decoder, model: model);
        Assert.Equal("qqq", await rig.TextAsync(Ask("x") with { Shape = new OutputShape.FreeText("3") }));
    }

    [Fact]
    public async Task A_constraint_that_throws_fails_its_own_request_only()
    {
        await using var rig = new SchedulerRig();
        var good = rig.TextAsync(Ask("<|im_start|>请问", 30));
        await Assert.ThrowsAsync<FormatException>(() => rig.TextAsync(Ask("x") with { Shape = new OutputShape.FreeText("many") }));
        Assert.Equal(rig.Expected("<|im_start|>请问", 30), await good);
    }

    private static int[] Tokens(SchedulerRig rig, string text) => rig.Model.Vocabulary.Tokenize(text, special: true);

    private static float[] ByHand(FakeModel model, int[] before, int[][] options)
    {
        var row = new float[model.Vocabulary.Count];
        var scores = options.Select(option => Enumerable.Range(0, option.Length).Sum(at =>
        {
            var tokens = before.Concat(option[..at]).ToList();
            model.Fill(tokens.Aggregate(0UL, FakeModel.Extend), tokens[^1], tokens[^2], row);
            return row[option[at]] - Math.Log(row.Sum(logit => Math.Exp(logit)));
        })).ToArray();
        return LogSoftmax.Probabilities(scores);
    }
}
