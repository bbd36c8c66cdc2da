using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class TextEmbedderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_callers_at_once_get_the_vectors_of_their_texts_with_norm_one()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Embedding);
        var random = new Random(11);
        var texts = Enumerable.Range(0, 60).Select(_ => Words(random)).ToList();
        var alone = new List<float[]>();
        foreach (var text in texts)
        {
            alone.AddRange((await rig.Embedder.EmbedAsync([text], EmbeddingPurpose.None, Token)).Vectors);
        }

        var calls = Enumerable.Range(0, 12).Select(async call =>
        {
            var mine = texts.Where((_, at) => at % 12 == call || at % 7 == call).ToList();
            var result = await rig.Embedder.EmbedAsync(mine, EmbeddingPurpose.None, Token);
            return mine.Zip(result.Vectors);
        });
        foreach (var (text, vector) in (await Task.WhenAll(calls)).SelectMany(call => call))
        {
            Assert.Equal(1, Math.Sqrt(vector.Sum(value => (double)value * value)), 1e-5);
            Assert.InRange(Vectors.Difference(alone[texts.IndexOf(text)], vector), 0, 1e-3);
        }
    }

    [Fact]
    public async Task Questions_and_passages_get_their_prefixes_and_what_was_computed_is_counted()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Embedding, options =>
        {
            options.EmbeddingQueryPrefix = "问 ";
            options.EmbeddingPassagePrefix = "文 ";
        });
        var plain = await rig.Embedder.EmbedAsync(["问 退款", "文 退款"], EmbeddingPurpose.None, Token);
        var query = await rig.Embedder.EmbedAsync(["退款"], EmbeddingPurpose.Query, Token);
        var passage = await rig.Embedder.EmbedAsync(["退款"], EmbeddingPurpose.Passage, Token);
        Assert.InRange(Vectors.Difference(plain.Vectors[0], query.Vectors[0]), 0, 1e-4);
        Assert.InRange(Vectors.Difference(plain.Vectors[1], passage.Vectors[0]), 0, 1e-4);
        Assert.Equal(plain.Tokens, query.Tokens + passage.Tokens);
        Assert.Equal(0, plain.Cut);
    }

    [Fact]
    public async Task Long_empty_and_malformed_texts_have_vectors_and_the_cut_ones_are_counted()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Embedding);
        var result = await rig.Embedder.EmbedAsync(["", new string('退', 1 << 20), "a\uD83D", "\0"], EmbeddingPurpose.Passage, Token);
        Assert.Equal(4, result.Vectors.Count);
        Assert.Equal(1, result.Cut);
        Assert.All(result.Vectors, vector => Assert.Equal(1, vector.Sum(value => value * value), 1e-4));
        Assert.Empty((await rig.Embedder.EmbedAsync([], EmbeddingPurpose.Query, Token)).Vectors);
    }

    [Fact]
    public async Task A_model_that_looks_back_works_the_same_way()
    {
        await using var rig = await Rig.StartAsync(TinyEncoders.Last);
        var texts = new[] { "退款多久到", "order 1234 ist unterwegs", new string('a', 3000) };
        var together = await rig.Embedder.EmbedAsync(texts, EmbeddingPurpose.None, Token);
        for (var at = 0; at < texts.Length; at++)
        {
            var alone = await rig.Embedder.EmbedAsync([texts[at]], EmbeddingPurpose.None, Token);
            Assert.InRange(Vectors.Cosine(alone.Vectors[0], together.Vectors[at]), 0.9995, 1.0005);
        }
    }

    [Fact]
    public async Task The_host_is_told_what_was_loaded()
    {
        await using var rig = await Rig.StartAsync(TinyModel.Embedding);
        Assert.Equal(new EmbeddingModelInfo("tiny-embedding", "bert", 64, 128), rig.Embedder.Info);
    }

    [Fact]
    public async Task A_closed_embedder_refuses_and_its_model_can_be_freed()
    {
        var rig = await Rig.StartAsync(TinyModel.Embedding);
        var embedder = rig.Embedder;
        await rig.DisposeAsync();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => embedder.EmbedAsync(["a"], EmbeddingPurpose.None, Token));
    }

    [Fact]
    public void A_vector_without_a_direction_is_an_error_and_not_a_number()
    {
        Assert.Throws<ModelUnavailableException>(() => TextEmbedder.Normalise(new float[4]));
        Assert.Throws<ModelUnavailableException>(() => TextEmbedder.Normalise(new[] { float.NaN, 1 }));
        var vector = new[] { 3e30f, -4e30f };
        TextEmbedder.Normalise(vector);
        Assert.InRange(Vectors.Difference([0.6f, -0.8f], vector), 0, 1e-6);
    }

    private static string Words(Random random)
    {
        const string letters = "您好退款货订单快递物流多久什么可以客服 abc1";
        return string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => letters[random.Next(letters.Length)]));
    }

    private sealed class Rig(LlamaModel model, InferenceThread thread, TextEmbedder embedder) : IAsyncDisposable
    {
        public TextEmbedder Embedder => embedder;

        public static async Task<Rig> StartAsync(string file, Action<LocalModelOptions>? change = null)
        {
            var options = TinyModel.Options;
            change?.Invoke(options);
            var model = await TinyModel.LoadAsync(file);
            var thread = new InferenceThread();
            return new Rig(model, thread, await TextEmbedder.StartAsync(model, options, thread, TimeProvider.System));
        }

        public async ValueTask DisposeAsync()
        {
            await embedder.DisposeAsync();
            thread.Dispose();
            model.Dispose();
        }
    }
}
