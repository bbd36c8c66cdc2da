using System.Buffers.Binary;
using System.Text;

namespace SmartService.Inference.Gguf;

/// <summary>
/// Reads little-endian numbers forward. Every length is compared with what is left of the stream before anything is allocated or
/// skipped, and the header as a whole has a limit, so that a hostile file costs bounded time and memory.
/// </summary>
internal sealed class GgufCursor
{
    /// <summary>Far above real headers: 256,000 tokens with scores, types and merges take about 20 MiB.</summary>
    private const long MaxHeaderBytes = 256L << 20;

    /// <summary>Chat templates are the longest texts of real files, with about 20 KiB.</summary>
    private const long MaxTextBytes = 4L << 20;

    /// <summary>What all texts of a header may take together; each costs up to twice that in memory.</summary>
    private const long MaxKeptBytes = 32L << 20;

    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly long _end;
    private long _bufferStart;
    private int _bufferLength;
    private int _at;
    private long _kept;

    public GgufCursor(Stream stream)
    {
        _stream = stream;
        Length = stream.Length;
        _end = Math.Min(Length, MaxHeaderBytes);
        stream.Position = 0;
    }

    /// <summary>Bytes of the stream.</summary>
    public long Length { get; }

    public long Position => _bufferStart + _at;

    public byte UInt8() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things of which each takes at least <paramref name="atLeast"/> bytes.</summary>
    public long Count(int atLeast, string what)
    {
        var count = UInt64();
        if (count > (ulong)(_end - Position) / (ulong)atLeast)
        {
            throw Beyond($"announces {count} {what}");
        }

        return (long)count;
    }

    /// <summary>A text with its length before it. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string Text(long longest = MaxTextBytes)
    {
        var length = Count(1, "bytes of text");
        if (length > longest || (_kept += length) > MaxKeptBytes)
        {
            throw new ModelFileException(ModelFileFault.Malformed, $"has a text of {length} bytes in its header, which no model needs");
        }

        if (length <= _buffer.Length)
        {
            return Encoding.UTF8.GetString(Take((int)length));
        }

        var bytes = new byte[length];
        for (var done = 0; done < bytes.Length;)
        {
            var part = Take(Math.Min(_buffer.Length, bytes.Length - done));
            part.CopyTo(bytes.AsSpan(done));
            done += part.Length;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Goes past a text without reading it.</summary>
    public void SkipText() => Skip(Count(1, "bytes of text"));

    /// <summary>Goes past bytes without reading them.</summary>
    public void Skip(long bytes)
    {
        if (bytes > _end - Position)
        {
            throw Beyond($"announces {bytes} bytes");
        }

        if (bytes <= _bufferLength - _at)
        {
            _at += (int)bytes;
            return;
        }

        (_bufferStart, _bufferLength, _at) = (Position + bytes, 0, 0);
        _stream.Position = _bufferStart;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bufferLength - _at)
        {
            Fill(count);
        }

        _at += count;
        return _buffer.AsSpan(_at - count, count);
    }

    private void Fill(int count)
    {
        if (count > _end - Position)
        {
            throw Beyond("goes on");
        }

        var left = _bufferLength - _at;
        _buffer.AsSpan(_at, left).CopyTo(_buffer);
        (_bufferStart, _bufferLength, _at) = (Position, left, 0);
        while (_bufferLength < count)
        {
            var read = _stream.Read(_buffer, _bufferLength, _buffer.Length - _bufferLength);
            if (read == 0)
            {
                throw Beyond("goes on");
            }

            _bufferLength += read;
        }
    }

    private ModelFileException Beyond(string what) => _end < Length
        ? new ModelFileException(ModelFileFault.Malformed, $"has a header that {what} beyond {MaxHeaderBytes >> 20} MiB")
        : new ModelFileException(ModelFileFault.Truncated, $"has a header that {what} past the end of the file");
}
