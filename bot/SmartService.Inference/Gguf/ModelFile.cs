using System.Globalization;

namespace SmartService.Inference.Gguf;

/// <summary>A model on disk, of one file or several shards, as its headers describe it. No native code is touched.</summary>
public sealed record ModelFile
{
    /// <summary>The file to load: of several shards the first.</summary>
    public required string Path { get; init; }

    /// <summary>All shards in order; one entry where the model is not split.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    public required ModelKind Kind { get; init; }

    /// <summary><c>general.name</c>, else the file's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>general.architecture</c>, for example <c>qwen2</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary><c>general.license</c>, or null.</summary>
    public string? Licence { get; init; }

    /// <summary>Tokens that it was trained to read at once; 0: the file does not say.</summary>
    public int ContextTokens { get; init; }

    public int Layers { get; init; }

    public int Heads { get; init; }

    /// <summary>Heads of keys and values; where layers differ, the most that one has.</summary>
    public int KeyValueHeads { get; init; }

    /// <summary>Width of the hidden state, and of an embedding model's vectors.</summary>
    public int Dimensions { get; init; }

    public int VocabularySize { get; init; }

    /// <summary>The chat template (Jinja), or null.</summary>
    public string? Template { get; init; }

    /// <summary>The mix of element types, for example <c>Q4_K_M</c>.</summary>
    public required string Quantisation { get; init; }

    /// <summary>Weights of all shards.</summary>
    public long Parameters { get; init; }

    /// <summary>Size of all shards.</summary>
    public long Bytes { get; init; }

    /// <summary>Cache of one token with 16-bit keys and values, in bytes; 0 where there is none (recurrent and encoder models).</summary>
    public long CacheBytesPerToken { get; init; }

    /// <summary>When the newest shard was written.</summary>
    public DateTimeOffset Written { get; init; }

    /// <summary>Reads the headers of a model and of its other shards.</summary>
    /// <exception cref="ModelFileException">
    /// Missing, no GGUF, malformed, cut off, a shard is missing or is not part of it, or a later shard was named; one sentence says which.
    /// </exception>
    public static ModelFile Inspect(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var first = ReadWhole(path);
        var shards = ModelShards.Of(path, first.Split);
        var headers = new List<GgufHeader>(shards.Count) { first };
        for (var at = 1; at < shards.Count; at++)
        {
            headers.Add(ReadShard(shards[at], at, shards.Count));
        }

        var tensors = headers.Sum(header => (long)header.Tensors.Count);
        if (first.Split is { Tensors: > 0 } split && split.Tensors != tensors)
        {
            throw ModelShards.Wrong(path, $"The shards of {System.IO.Path.GetFileName(path)} have {tensors} tensors together, not the {split.Tensors} that the model has: they are not of one model.");
        }

        return ModelDescription.Of(path, shards, headers);
    }

    private static GgufHeader ReadShard(string path, int number, int count)
    {
        if (!File.Exists(path))
        {
            throw new ModelFileException(ModelFileFault.MissingShard, $"Shard {number + 1} of {count} is missing: {System.IO.Path.GetFileName(path)} is not beside the first one.") { File = path };
        }

        var header = ReadWhole(path);
        return header.Split is { } split && split.Number == number && split.Count == count
            ? header
            : throw ModelShards.Wrong(path, $"{System.IO.Path.GetFileName(path)} is not shard {number + 1} of {count}.");
    }

    private static GgufHeader ReadWhole(string path)
    {
        var header = GgufHeader.Read(path);
        return header.IsTruncated
            ? throw new ModelFileException(
                ModelFileFault.Truncated,
                string.Create(CultureInfo.InvariantCulture, $"{System.IO.Path.GetFileName(path)} is cut off: {header.FileLength} of at least {header.ExpectedLength} bytes."))
            {
                File = path,
            }
            : header;
    }
}

public enum ModelKind
{
    /// <summary>Adapters, projectors, vocabularies, and whatever else has no answer for a text.</summary>
    Other,

    Chat,
    Embedding,
    Reranker,
}
