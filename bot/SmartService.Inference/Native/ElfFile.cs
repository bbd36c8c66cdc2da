using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SmartService.Inference.Native;

/// <summary>
/// Whether a shared library of Linux is whole. The dynamic loader maps what the header promises and the process dies with SIGBUS
/// when a page lies beyond the end of a truncated file, so this must be known before it is asked.
/// </summary>
internal static class ElfFile
{
    private const int HeaderBytes = 64;

    /// <summary>What is wrong with the file, as the end of a sentence that begins with its name; null: nothing that can be seen from outside.</summary>
    public static string? ProblemOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderBytes];
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
            {
                return file.Length == 0 ? "is empty" : "is cut off";
            }

            // 64 bit, little-endian.
            if (!header[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
            {
                return "is not a shared library";
            }

            var machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
            var wanted = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 183 : 62;
            if (machine != wanted)
            {
                return "is for another processor";
            }

            var segments = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            var sections = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
            var (segmentBytes, segmentCount) = Pair(header, 54);
            var (sectionBytes, sectionCount) = Pair(header, 58);
            if (EndsBeyond(sections, (ulong)(sectionBytes * sectionCount), file.Length) || EndsBeyond(segments, (ulong)(segmentBytes * segmentCount), file.Length))
            {
                return "is cut off";
            }

            return SegmentsEndBeyond(file, (long)segments, segmentBytes, segmentCount) ? "is cut off" : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read ({exception.Message})";
        }
    }

    private static bool SegmentsEndBeyond(FileStream file, long start, int entryBytes, int count)
    {
        // A program header of 64-bit ELF has 56 bytes: offset at 8, size in the file at 32.
        if (entryBytes < 56)
        {
            return true;
        }

        var table = new byte[entryBytes * count];
        file.Position = start;
        file.ReadExactly(table);
        for (var at = 0; at < count; at++)
        {
            var entry = table.AsSpan(at * entryBytes);
            if (EndsBeyond(BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]), file.Length))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsBeyond(ulong offset, ulong length, long fileLength) =>
        offset > (ulong)fileLength || length > (ulong)fileLength - offset;

    private static (int Bytes, int Count) Pair(ReadOnlySpan<byte> header, int at) =>
        (BinaryPrimitives.ReadUInt16LittleEndian(header[at..]), BinaryPrimitives.ReadUInt16LittleEndian(header[(at + 2)..]));
}
