using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>Tiny encoders beside those of <see cref="TinyModel"/>.</summary>
internal static class TinyEncoders
{
    /// <summary>Looks back only and takes the last token, as Qwen3-Embedding does.</summary>
    private static readonly Lazy<string> LastFile = new(() => TinyModel.Save("last.gguf", TinyGguf.Chat(name: "tiny-last")
        .Add("qwen2.pooling_type", 3u)
        .Add("tokenizer.ggml.add_eos_token", true)));

    public static string Last => LastFile.Value;

    public static EncoderFacts Facts(LlamaModel model) => EncoderFacts.Of(model.Metadata, model.Name, model.TrainedContext);

    public static LlamaEncoder New(LlamaModel model, EncoderPooling? pooling = null)
    {
        var facts = Facts(model);
        return LlamaEncoder.Create(model, pooling is { } other ? facts with { Pooling = other } : facts, maxTokens: 0, threads: 1);
    }

    public static float[] Alone(LlamaEncoder encoder, int[] tokens)
    {
        var results = new float[]?[1];
        Assert.Equal(DecodeStatus.Ok, encoder.Encode([new EncoderPiece(0, tokens, 0, tokens.Length)], results));
        return results[0]!;
    }

    /// <summary>Random ordinary tokens, as a framed text has them.</summary>
    public static int[] Text(Random random, int from, int to, int vocabulary) =>
        [.. Enumerable.Range(0, random.Next(from, to)).Select(_ => random.Next(5, vocabulary - 5))];
}
