namespace SmartService.Inference.Gguf;

/// <summary>One metadata value. Long arrays are counted, not kept.</summary>
public readonly record struct GgufValue
{
    public required GgufValueType Type { get; init; }

    /// <summary>The text of a string; null for other types.</summary>
    public string? Text { get; init; }

    /// <summary>An integer or a bool (0 or 1); a number that <c>uint64</c> holds beyond <see cref="long.MaxValue"/> is that maximum. 0 for other types.</summary>
    public long Whole { get; init; }

    /// <summary>A floating-point number, or <see cref="Whole"/> as one; 0 for strings and arrays.</summary>
    public double Number { get; init; }

    /// <summary>Elements of an array; 0 for other types.</summary>
    public long ArrayLength { get; init; }

    /// <summary>What an array holds; meaningless for other types.</summary>
    public GgufValueType ElementType { get; init; }

    /// <summary>Elements of an array of integers or bools, if it has at most <see cref="GgufHeader.MaxKeptElements"/>; null otherwise.</summary>
    public IReadOnlyList<long>? Integers { get; init; }

    internal bool IsInteger => Type is GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.UInt16 or GgufValueType.Int16
        or GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.UInt64 or GgufValueType.Int64;
}

// The names are the specification's.
#pragma warning disable CA1720
/// <summary>The types of metadata, numbered as in the file (ggml/docs/gguf.md).</summary>
public enum GgufValueType
{
    UInt8 = 0,
    Int8 = 1,
    UInt16 = 2,
    Int16 = 3,
    UInt32 = 4,
    Int32 = 5,
    Float32 = 6,
    Bool = 7,
    String = 8,
    Array = 9,
    UInt64 = 10,
    Int64 = 11,
    Float64 = 12,
}
