using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>With the development embedder (multilingual-e5-small); skipped where it is not.</summary>
public sealed class RealEmbedderTests
{
    private static readonly string[] Queries = ["我的快递什么时候到", "退款多久到账？"];

    private static readonly string[] Passages =
    [
        "退款将在3-7个工作日内原路返回您的支付账户。",
        "您好，快递一般三天内送达，可在订单详情查看物流。",
        "The parcel arrives within three days.",
        "今天天气不错适合郊游",
    ];

    // Computed with llama.cpp v0.5.0, from the README of the models.
    private static readonly double[][] Cosines = [[0.880, 0.911, 0.774, 0.843], [0.923, 0.871, 0.756, 0.814]];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Similarities_are_the_reference_values_and_do_not_depend_on_what_shares_a_pass()
    {
        var file = RealModels.Embedding();
        var options = new LocalModelOptions { Gpu = GpuUse.Off, Threads = 1 };
        using var model = await LlamaModel.LoadAsync(file, options, cancellationToken: Token);
        using var thread = new InferenceThread();
        await using var embedder = await TextEmbedder.StartAsync(model, options, thread, TimeProvider.System);
        Assert.Equal(new EmbeddingModelInfo("multilingual-e5-small zh-en vocabulary", "bert", 384, 512), embedder.Info);

        var queries = (await embedder.EmbedAsync(Queries, EmbeddingPurpose.Query, Token)).Vectors;
        var passages = (await embedder.EmbedAsync(Passages, EmbeddingPurpose.Passage, Token)).Vectors;
        for (var query = 0; query < Queries.Length; query++)
        {
            for (var passage = 0; passage < Passages.Length; passage++)
            {
                Assert.Equal(Cosines[query][passage], Vectors.Cosine(queries[query], passages[passage]), 0.005);
            }
        }

        for (var passage = 0; passage < Passages.Length; passage++)
        {
            var alone = (await embedder.EmbedAsync([Passages[passage]], EmbeddingPurpose.Passage, Token)).Vectors[0];
            Assert.InRange(Vectors.Difference(alone, passages[passage]), 0, 1e-3);
        }

        var text = string.Concat(Enumerable.Repeat(Passages[1], 60));
        var longest = await embedder.EmbedAsync([text, text + Passages[3]], EmbeddingPurpose.Passage, Token);
        Assert.Equal((1024L, 2), (longest.Tokens, longest.Cut));
        Assert.InRange(Vectors.Cosine(longest.Vectors[0], longest.Vectors[1]), 0.9999, 1.0001);
        Assert.Equal(model.Vocabulary.TokenizeWhole("passage: " + Passages[0]).Length, (await embedder.EmbedAsync([Passages[0]], EmbeddingPurpose.Passage, Token)).Tokens);
    }
}
