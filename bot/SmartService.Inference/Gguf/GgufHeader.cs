namespace SmartService.Inference.Gguf;

/// <summary>
/// What a GGUF file says about itself (format: ggml/docs/gguf.md, versions 2 and 3), read without native code: metadata, tensors
/// and the size that the file must have. Files are untrusted: they come from the internet and from half-finished downloads.
/// </summary>
public sealed class GgufHeader
{
    /// <summary>Longer arrays (vocabularies) are counted and skipped.</summary>
    public const int MaxKeptElements = 4096;

    private const int MaxEntries = 65_536;
    private const int MaxTensors = 262_144;

    private GgufHeader()
    {
    }

    public required int Version { get; init; }

    /// <summary>Metadata by key, for example <c>general.architecture</c>.</summary>
    public required IReadOnlyDictionary<string, GgufValue> Metadata { get; init; }

    /// <summary>In the file's order.</summary>
    public required IReadOnlyList<GgufTensor> Tensors { get; init; }

    /// <summary>Tensor data begins at multiples of this many bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>Where the data section begins, in bytes.</summary>
    public required long DataOffset { get; init; }

    /// <summary>How long the file is.</summary>
    public required long FileLength { get; init; }

    /// <summary>How long the file must at least be for all of its tensors; longer than <see cref="FileLength"/> when it was cut off.</summary>
    public required long ExpectedLength { get; init; }

    /// <summary>Whether the file ends before its last tensor does.</summary>
    public bool IsTruncated => FileLength < ExpectedLength;

    /// <summary>Elements of all tensors in this file.</summary>
    public long Parameters => Tensors.Sum(tensor => tensor.Elements);

    /// <summary>Which part of a split model this file is; null: the whole.</summary>
    public GgufSplit? Split => Whole("split.count") is { } count and > 1
        ? new GgufSplit((int)Math.Clamp(Whole("split.no") ?? -1, -1, int.MaxValue), (int)Math.Min(count, int.MaxValue), Whole("split.tensors.count") ?? 0)
        : null;

    /// <summary>The mix of element types, for example <c>Q4_K_M</c>: <c>general.file_type</c>, else the type that most bytes have.</summary>
    public string Quantisation =>
        Whole("general.file_type") is { } type && GgufTensorTypes.FileTypes.TryGetValue(type & ~GuessedFileType, out var name)
            ? name
            : Tensors.GroupBy(tensor => tensor.Type, StringComparer.Ordinal).MaxBy(group => group.Sum(tensor => tensor.Bytes))?.Key ?? "";

    // LLAMA_FTYPE_GUESSED, a flag.
    private const long GuessedFileType = 1024;

    /// <summary>A string, or null where there is none of that name.</summary>
    public string? Text(string key) => Metadata.TryGetValue(key, out var value) ? value.Text : null;

    /// <summary>An integer, or null where there is none of that name.</summary>
    public long? Whole(string key) => Metadata.TryGetValue(key, out var value) && value.IsInteger ? value.Whole : null;

    /// <summary>A number of any type, or null where there is none of that name.</summary>
    public double? Number(string key) =>
        Metadata.TryGetValue(key, out var value) && (value.IsInteger || value.Type is GgufValueType.Float32 or GgufValueType.Float64) ? value.Number : null;

    /// <summary>A bool, or null where there is none of that name.</summary>
    public bool? Flag(string key) => Metadata.TryGetValue(key, out var value) && value.Type == GgufValueType.Bool ? value.Whole != 0 : null;

    /// <summary>Reads the header of a file; the data section is not touched.</summary>
    /// <exception cref="ModelFileException">It is missing, unreadable, no GGUF, or breaks the format. A file that is only too short is returned (<see cref="IsTruncated"/>).</exception>
    public static GgufHeader Read(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Read(stream);
        }
        catch (ModelFileException exception)
        {
            throw new ModelFileException(exception.Fault, $"{name} {exception.Message}.", exception) { File = path };
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileException(ModelFileFault.NotFound, $"There is no file {path}.", exception) { File = path };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFileException(ModelFileFault.Unreadable, $"{name} cannot be read: {exception.Message}", exception) { File = path };
        }
    }

    /// <summary>Reads the header from a stream that can seek.</summary>
    /// <exception cref="ModelFileException">As for a file; the message is a part of a sentence: the caller knows the name that goes before it.</exception>
    public static GgufHeader Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var cursor = new GgufCursor(stream);
        var version = ReadVersion(cursor);
        // A tensor takes at least 32 bytes of header (name, one dimension, type, offset), an entry at least 13.
        var tensorCount = Limited(cursor.Count(32, "tensors"), MaxTensors, "tensors");
        var entryCount = Limited(cursor.Count(13, "entries"), MaxEntries, "entries");
        var metadata = ReadMetadata(cursor, entryCount);
        var alignment = AlignmentOf(metadata);
        var (tensors, dataLength) = GgufTensorReader.Read(cursor, tensorCount, alignment);
        var dataOffset = Align(cursor.Position, alignment);
        return new GgufHeader
        {
            Version = version,
            Metadata = metadata,
            Tensors = tensors,
            Alignment = alignment,
            DataOffset = dataOffset,
            FileLength = cursor.Length,
            ExpectedLength = tensors.Count == 0 ? cursor.Position : checked(dataOffset + dataLength),
        };
    }

    internal static long Align(long position, int alignment) => checked(position + alignment - 1) / alignment * alignment;

    private static int ReadVersion(GgufCursor cursor)
    {
        if (cursor.Length < 8 || cursor.UInt32() != 0x46554747)
        {
            throw new ModelFileException(ModelFileFault.NotGguf, "is not a GGUF file");
        }

        return cursor.UInt32() switch
        {
            var version and (2 or 3) => (int)version,
            var version when (version & 0xFFFF) == 0 && version != 0 => throw new ModelFileException(ModelFileFault.Unsupported, "is a GGUF file for big-endian machines"),
            var version => throw new ModelFileException(ModelFileFault.Unsupported, $"is a GGUF file of version {version}; versions 2 and 3 can be read"),
        };
    }

    private static Dictionary<string, GgufValue> ReadMetadata(GgufCursor cursor, int count)
    {
        var metadata = new Dictionary<string, GgufValue>(StringComparer.Ordinal);
        for (var at = 0; at < count; at++)
        {
            var key = cursor.Text(ushort.MaxValue);
            if (!metadata.TryAdd(key, GgufValueReader.Read(cursor)))
            {
                // llama.cpp refuses it, too.
                throw new ModelFileException(ModelFileFault.Malformed, "has a metadata key twice");
            }
        }

        return metadata;
    }

    private static int AlignmentOf(Dictionary<string, GgufValue> metadata)
    {
        if (!metadata.TryGetValue("general.alignment", out var value))
        {
            return 32;
        }

        return value.Type == GgufValueType.UInt32 && value.Whole is > 0 and <= 1 << 20 && (value.Whole & (value.Whole - 1)) == 0
            ? (int)value.Whole
            : throw new ModelFileException(ModelFileFault.Malformed, "has an alignment that is not a power of two");
    }

    private static int Limited(long count, int limit, string what) => count <= limit
        ? (int)count
        : throw new ModelFileException(ModelFileFault.Malformed, $"announces {count} {what}, which no model has");
}

/// <summary>A part of a split model.</summary>
/// <param name="Number">From 0; -1 where the file does not say.</param>
/// <param name="Count">How many parts there are.</param>
/// <param name="Tensors">Tensors of all parts together.</param>
public sealed record GgufSplit(int Number, int Count, long Tensors);
