using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Vectors on the wire: their number (int32), then for each its length (int32) and its floats. Both ends run on one machine, so floats keep its byte order.</summary>
internal static class WireVectors
{
    public static byte[] Write(IReadOnlyList<float[]> vectors)
    {
        var bytes = new byte[checked(4 + vectors.Sum(vector => 4 + (4 * vector.Length)))];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, vectors.Count);
        var rest = bytes.AsSpan(4);
        foreach (var vector in vectors)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, vector.Length);
            MemoryMarshal.AsBytes<float>(vector).CopyTo(rest[4..]);
            rest = rest[(4 + (4 * vector.Length))..];
        }

        return bytes;
    }

    public static float[][] Read(ReadOnlySpan<byte> bytes)
    {
        var count = Length(ref bytes, 4);
        var vectors = new float[count][];
        for (var at = 0; at < count; at++)
        {
            var length = Length(ref bytes, 4);
            vectors[at] = MemoryMarshal.Cast<byte, float>(bytes[..(4 * length)]).ToArray();
            bytes = bytes[(4 * length)..];
        }

        return bytes.IsEmpty ? vectors : throw Malformed();
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
