using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;
using SmartService.Inference.Reranking;
using SmartService.Inference.Tests.Embeddings;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Reranking;

/// <summary>No trained reranker is at hand here: scores are compared with an independent computation over random weights.</summary>
public sealed class PassageScorerTests
{
    private static readonly string[] Passages = ["您好", "退款三天到", "", "快递物流信息 a b c", "订单1234已发货，请您等一天。"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Scores_of_a_cross_encoder_are_those_of_an_independent_computation()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Reranker);
        var reference = new ReferenceBert(TinyModel.Reranker);
        var scores = await rig.Scorer.ScoreAsync("退款多久到", Passages, Token);
        var vocabulary = rig.Model.Vocabulary;
        for (var at = 0; at < Passages.Length; at++)
        {
            int[] tokens = [2, .. vocabulary.Tokenize("退款多久到", special: false), 3, .. vocabulary.Tokenize(Passages[at], special: false), 3];
            Assert.Equal(PassageScorer.Logistic((float)reference.Score(tokens)), scores[at], 2e-3);
        }

        Assert.True(scores.Max() - scores.Min() > 0.05, string.Join(' ', scores));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_passage_has_its_score_whatever_the_order_and_the_company(bool yesNo)
    {
        await using var rig = await Rig.StartAsync(yesNo ? YesNoFile : TinyModel.Reranker);
        var scores = await rig.Scorer.ScoreAsync("退款", Passages, Token);
        var reversed = await rig.Scorer.ScoreAsync("退款", [.. Passages.Reverse()], Token);
        var many = await rig.Scorer.ScoreAsync("退款", [.. Enumerable.Range(0, 100).Select(at => Passages[at % Passages.Length])], Token);
        for (var at = 0; at < Passages.Length; at++)
        {
            Assert.Equal(scores[at], (await rig.Scorer.ScoreAsync("退款", [Passages[at]], Token))[0], 1e-3);
            Assert.Equal(scores[at], reversed[Passages.Length - 1 - at], 1e-3);
            Assert.Equal(scores[at], many[95 + at], 1e-3);
            Assert.InRange(scores[at], 0, 1);
        }
    }

    [Fact]
    public async Task A_yes_no_reranker_gives_the_probability_of_yes()
    {
        await using var rig = await Rig.StartAsync(YesNoFile);
        var scores = await rig.Scorer.ScoreAsync("退款", Passages, Token);
        // The head by hand over the last token's vector, which the same file gives as an embedding model.
        using var encoder = TinyEncoders.New(rig.Model, EncoderPooling.Last);
        var layout = TemplatePair.Of(
            TemplatePair.Qwen3, rig.Model.Vocabulary, new TextTokens(rig.Model.Vocabulary, EncoderFrame.Of(rig.Model.Handle, rig.Model.Metadata), 1024), 1024)!;
        var pairs = layout.Frame("退款", Passages, Token);
        var head = HeadOf(YesNoFile, encoder.Width);
        for (var at = 0; at < Passages.Length; at++)
        {
            var last = Pieces(encoder, pairs[at].Tokens);
            var (yes, no) = (Dot(head[0], last), Dot(head[1], last));
            Assert.Equal(1 / (1 + Math.Exp(no - yes)), scores[at], 2e-3);
        }

        Assert.True(scores.Max() - scores.Min() > 0.01, string.Join(' ', scores));
    }

    [Fact]
    public async Task A_model_without_a_head_is_refused_and_not_scored_by_the_first_number_of_a_vector()
    {
        using var thread = new InferenceThread();
        foreach (var file in new[] { TinyModel.Embedding, TinyModel.Chat, HeadlessFile })
        {
            using var model = await TinyModel.LoadAsync(file);
            var refused = await Assert.ThrowsAsync<ModelUnavailableException>(() => PassageScorer.StartAsync(model, TinyModel.Options, thread, TimeProvider.System));
            Assert.Contains("cls.", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Long_pairs_are_cut_and_scored()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Reranker);
        var scores = await rig.Scorer.ScoreAsync(new string('退', 1000), [new string('款', 100_000), ""], Token);
        Assert.All(scores, score => Assert.InRange(score, 0, 1));
    }

    private static readonly string HeadlessFile = TinyModel.Save("headless.gguf", TinyGguf.Chat(name: "headless").Add("qwen2.pooling_type", 4u));

    /// <summary>The shape of Qwen3-Reranker's files: architecture qwen3, rank pooling, a head of two rows, yes and no, without bias.</summary>
    private static readonly string YesNoFile = YesNo();

    private static string YesNo()
    {
        const int width = 64, heads = 4, layers = 2;
        var random = new Random(17);
        float[] Values(int count, double scale) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() - 0.5) * scale))];
        var file = TinyGguf.Chat(architecture: "qwen3", layers: layers, width: width, heads: heads, name: "tiny-yes-no")
            .Add("qwen3.pooling_type", 4u)
            .Add("qwen3.attention.key_length", (uint)(width / heads))
            .Add("qwen3.attention.value_length", (uint)(width / heads))
            .Add("qwen3.classifier.output_labels", ["yes", "no"])
            .Tensor("cls.output.weight", Values(width * 2, 0.2), false, width, 2);
        for (var layer = 0; layer < layers; layer++)
        {
            file.Tensor($"blk.{layer}.attn_q_norm.weight", [.. Values(width / heads, 0.2).Select(value => 1 + value)], false, width / heads)
                .Tensor($"blk.{layer}.attn_k_norm.weight", [.. Values(width / heads, 0.2).Select(value => 1 + value)], false, width / heads);
        }

        return TinyModel.Save("yes-no.gguf", file);
    }

    private static float[][] HeadOf(string path, int width)
    {
        var header = GgufHeader.Read(path);
        var tensor = header.Tensors.Single(tensor => tensor.Name == "cls.output.weight");
        var bytes = File.ReadAllBytes(path).AsSpan((int)(header.DataOffset + tensor.Offset), (int)tensor.Bytes);
        var values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        return [values[..width], values[width..]];
    }

    private static float[] Pieces(LlamaEncoder encoder, int[] tokens)
    {
        var results = new float[]?[1];
        for (var done = 0; done < tokens.Length; done += 100)
        {
            encoder.Encode([new EncoderPiece(0, tokens, done, Math.Min(100, tokens.Length - done))], results);
        }

        return results[0]!;
    }

    private static double Dot(float[] one, float[] other) => one.Zip(other).Sum(pair => (double)pair.First * pair.Second);

    private sealed class Rig(LlamaModel model, InferenceThread thread, PassageScorer scorer) : IAsyncDisposable
    {
        public LlamaModel Model => model;

        public PassageScorer Scorer => scorer;

        public static async Task<Rig> StartAsync(string file)
        {
            var model = await TinyModel.LoadAsync(file);
            var thread = new InferenceThread();
            return new Rig(model, thread, await PassageScorer.StartAsync(model, TinyModel.Options, thread, TimeProvider.System));
        }

        public async ValueTask DisposeAsync()
        {
            await scorer.DisposeAsync();
            thread.Dispose();
            model.Dispose();
        }
    }
}
