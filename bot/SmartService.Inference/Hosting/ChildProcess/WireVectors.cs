using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Vectors on the wire: their number (int32), then for each its length (int32) and its floats, then what they cost: tokens (int64) and
/// texts that were cut (int32), -1 for what is not known. Both ends run on one machine, so floats keep its byte order.
/// </summary>
internal static class WireVectors
{
    private const int CostLength = 12;

    public static byte[] Write(EmbeddingResult result)
    {
        var vectors = result.Vectors;
        var bytes = new byte[checked(4 + vectors.Sum(vector => 4 + (4 * vector.Length)) + CostLength)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, vectors.Count);
        var rest = bytes.AsSpan(4);
        foreach (var vector in vectors)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, vector.Length);
            MemoryMarshal.AsBytes<float>(vector).CopyTo(rest[4..]);
            rest = rest[(4 + (4 * vector.Length))..];
        }

        BinaryPrimitives.WriteInt64LittleEndian(rest, result.Tokens ?? -1);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], result.Cut ?? -1);
        return bytes;
    }

    public static EmbeddingResult Read(ReadOnlySpan<byte> bytes)
    {
        var count = Length(ref bytes, 4);
        var vectors = new float[count][];
        for (var at = 0; at < count; at++)
        {
            var length = Length(ref bytes, 4);
            vectors[at] = MemoryMarshal.Cast<byte, float>(bytes[..(4 * length)]).ToArray();
            bytes = bytes[(4 * length)..];
        }

        if (bytes.Length != CostLength)
        {
            throw Malformed();
        }

        var (tokens, cut) = (BinaryPrimitives.ReadInt64LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]));
        return new EmbeddingResult(vectors, tokens < 0 ? null : tokens, cut < 0 ? null : cut);
    }

    // A length that the remaining bytes cannot hold is refused before memory is taken for it.
    private static int Length(ref ReadOnlySpan<byte> bytes, int bytesEach)
    {
        if (bytes.Length < 4)
        {
            throw Malformed();
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        bytes = bytes[4..];
        return length >= 0 && length <= bytes.Length / bytesEach ? length : throw Malformed();
    }

    private static ProtocolException Malformed() => new("Vectors of impossible lengths.");
}
