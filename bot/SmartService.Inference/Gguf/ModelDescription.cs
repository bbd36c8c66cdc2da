using System.Collections.Frozen;

namespace SmartService.Inference.Gguf;

/// <summary>Turns headers into what they mean.</summary>
internal static class ModelDescription
{
    // Encoders that llama.cpp loads; their files are embedding models unless they end in a classifier.
    private static readonly FrozenSet<string> Encoders = new[]
    {
        "bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3", "modern-bert", "neo-bert", "eurobert", "gemma-embedding", "t5encoder",
    }.ToFrozenSet(StringComparer.Ordinal);

    // enum llama_pooling_type.
    private const int PoolingNone = 0;
    private const int PoolingRank = 4;

    public static ModelFile Of(string path, IReadOnlyList<string> files, IReadOnlyList<GgufHeader> headers)
    {
        var header = headers[0];
        var architecture = header.Text("general.architecture") ?? "";
        var layers = Small(header, $"{architecture}.block_count");
        var keyValueHeads = PerLayer(header, $"{architecture}.attention.head_count_kv") ?? PerLayer(header, $"{architecture}.attention.head_count") ?? [0];
        var kind = KindOf(architecture, headers);
        return new ModelFile
        {
            Path = path,
            Files = files,
            Kind = kind,
            Name = ModelText.Clean(header.Text("general.name") ?? "") is { Length: > 0 } name ? name : System.IO.Path.GetFileNameWithoutExtension(path),
            Architecture = ModelText.Clean(architecture),
            Licence = header.Text("general.license") is { } licence ? ModelText.Clean(licence) : null,
            ContextTokens = Small(header, $"{architecture}.context_length"),
            Layers = layers,
            Heads = (int)(PerLayer(header, $"{architecture}.attention.head_count") ?? [0]).Max(),
            KeyValueHeads = (int)keyValueHeads.Max(),
            Dimensions = Small(header, $"{architecture}.embedding_length"),
            VocabularySize = header.Metadata.TryGetValue("tokenizer.ggml.tokens", out var tokens)
                ? (int)Math.Min(tokens.ArrayLength, int.MaxValue)
                : Small(header, $"{architecture}.vocab_size"),
            Template = header.Text("tokenizer.chat_template"),
            Quantisation = header.Quantisation,
            Parameters = headers.Sum(part => part.Parameters),
            Bytes = headers.Sum(part => part.FileLength),
            CacheBytesPerToken = kind == ModelKind.Chat ? CacheBytes(header, architecture, layers, keyValueHeads) : 0,
            Written = files.Max(file => new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero)),
        };
    }

    private static ModelKind KindOf(string architecture, IReadOnlyList<GgufHeader> headers)
    {
        var header = headers[0];
        if (architecture.Length == 0
            || header.Text("general.type") is not (null or "model")
            || !Has(headers, "token_embd.weight")
            || Small(header, $"{architecture}.block_count") == 0)
        {
            return ModelKind.Other;
        }

        var pooling = header.Whole($"{architecture}.pooling_type");
        if (pooling == PoolingRank || Has(headers, "cls.output.weight") || Has(headers, "cls.weight"))
        {
            return ModelKind.Reranker;
        }

        return Encoders.Contains(architecture) || pooling is > PoolingNone || header.Flag($"{architecture}.attention.causal") == false
            ? ModelKind.Embedding
            : ModelKind.Chat;
    }

    private static bool Has(IReadOnlyList<GgufHeader> headers, string tensor) =>
        headers.Any(header => header.Tensors.Any(one => string.Equals(one.Name, tensor, StringComparison.Ordinal)));

    // Keys and values of every layer, 2 bytes each. Layers with a sliding window need less: this is the upper bound.
    private static long CacheBytes(GgufHeader header, string architecture, int layers, long[] keyValueHeads)
    {
        var heads = (PerLayer(header, $"{architecture}.attention.head_count") ?? [0]).Max();
        var width = heads == 0 ? 0 : Small(header, $"{architecture}.embedding_length") / heads;
        var key = header.Whole($"{architecture}.attention.key_length") is { } keyLength ? Clamp(keyLength) : width;
        var value = header.Whole($"{architecture}.attention.value_length") is { } valueLength ? Clamp(valueLength) : width;
        var perLayer = keyValueHeads.Length == 1 ? Math.Min(layers, 100_000) * keyValueHeads[0] : keyValueHeads.Take(layers).Sum();
        return (long)Math.Min((double)perLayer * (key + value) * sizeof(ushort), long.MaxValue / 4d);
    }

    // Some architectures give one number, some one for each layer.
    private static long[]? PerLayer(GgufHeader header, string key) =>
        header.Whole(key) is { } one ? [Clamp(one)]
        : header.Metadata.TryGetValue(key, out var value) && value.Integers is { Count: > 0 } many ? [.. many.Select(each => (long)Clamp(each))]
        : null;

    private static int Small(GgufHeader header, string key) => header.Whole(key) is { } value ? Clamp(value) : 0;

    // Real values are far below; clamping keeps what a hostile file says from overflowing the arithmetic.
    private static int Clamp(long value) => (int)Math.Clamp(value, 0, 1 << 24);
}
