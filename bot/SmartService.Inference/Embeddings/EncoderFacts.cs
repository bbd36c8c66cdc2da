using System.Globalization;

namespace SmartService.Inference.Embeddings;

/// <summary>What a GGUF file's metadata says about how its texts are encoded.</summary>
/// <param name="Name"><c>general.name</c>, else what the caller calls the file.</param>
/// <param name="Architecture">For example <c>bert</c> or <c>qwen3</c>.</param>
/// <param name="TrainedTokens">The longest text that the model was trained with, in tokens.</param>
/// <param name="IsCausal">Whether a token sees only those before it.</param>
/// <param name="Pooling">How the tokens' vectors become one.</param>
internal sealed record EncoderFacts(string Name, string Architecture, int TrainedTokens, bool IsCausal, EncoderPooling Pooling)
{
    // Looks both ways although the file does not say so: llama.cpp knows it by the architecture (src/llama-model.cpp, gemma-embedding).
    private static readonly HashSet<string> BothWaysUnsaid = new(StringComparer.Ordinal) { "gemma-embedding" };

    /// <summary>Whether a reranker's head looks at the last token of the pair; the others' at the first (llama.cpp, src/llama-graph.cpp, build_pooling).</summary>
    public bool RanksByLastToken => ScoresAreProbabilities;

    /// <summary>Whether the model itself ends in a probability: llama.cpp applies softmax to the yes and no of these rerankers (build_pooling, rank).</summary>
    public bool ScoresAreProbabilities => Architecture is "qwen3" or "qwen3vl";

    /// <param name="metadata">Keys and values of the file as text.</param>
    /// <param name="fallbackName">Used when the file has no name; usually the file's own.</param>
    /// <param name="trainedTokens">As llama.cpp reports it; 0: not known.</param>
    public static EncoderFacts Of(IReadOnlyDictionary<string, string> metadata, string fallbackName, int trainedTokens)
    {
        var architecture = metadata.GetValueOrDefault("general.architecture") ?? "";
        var name = metadata.GetValueOrDefault("general.name");
        var causal = metadata.TryGetValue($"{architecture}.attention.causal", out var said)
            ? !string.Equals(said, "false", StringComparison.OrdinalIgnoreCase)
            : !BothWaysUnsaid.Contains(architecture);
        var pooling = int.TryParse(metadata.GetValueOrDefault($"{architecture}.pooling_type"), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
            && Enum.IsDefined((EncoderPooling)value)
            ? (EncoderPooling)value
            : EncoderPooling.None;
        if (pooling == EncoderPooling.None)
        {
            // No pooling means one vector per token, which nobody here can use. Mean and last are what such models were trained with.
            pooling = causal ? EncoderPooling.Last : EncoderPooling.Mean;
        }

        return new EncoderFacts(string.IsNullOrWhiteSpace(name) ? fallbackName : name, architecture, trainedTokens > 0 ? trainedTokens : 512, causal, pooling);
    }
}

/// <summary>llama.cpp's <c>llama_pooling_type</c>, with its numbers.</summary>
internal enum EncoderPooling
{
    None = 0,

    Mean = 1,

    /// <summary>The first token's vector.</summary>
    First = 2,

    /// <summary>The last token's vector.</summary>
    Last = 3,

    /// <summary>A score, through the model's classification head.</summary>
    Rank = 4,
}
