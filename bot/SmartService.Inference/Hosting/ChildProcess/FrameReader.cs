using System.Buffers.Binary;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>Cuts a stream of bytes into frames. One reader at a time.</summary>
internal sealed class FrameReader(Stream stream, int maxPayload)
{
    private const int UsualBuffer = 64 * 1024;
    private byte[] _buffer = new byte[UsualBuffer];
    private int _start;
    private int _end;

    /// <summary>A longer payload is a protocol error, found before anything is allocated for it.</summary>
    public int MaxPayload { get; set; } = maxPayload;

    /// <summary>The next frame; null: the other side closed the connection between two frames.</summary>
    /// <exception cref="ProtocolException">The bytes are no frame.</exception>
    /// <exception cref="EndOfStreamException">They end within one.</exception>
    public async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(Frame.HeaderLength, cancellationToken))
        {
            return _end == _start ? null : throw new EndOfStreamException("The connection ended within a message.");
        }

        var header = _buffer.AsSpan(_start, Frame.HeaderLength);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        var kind = (FrameKind)header[4];
        var id = BinaryPrimitives.ReadInt64LittleEndian(header[5..]);
        if (length < 0 || length > MaxPayload)
        {
            throw new ProtocolException($"A message of {length} bytes; the most is {MaxPayload}.");
        }

        if (!Enum.IsDefined(kind))
        {
            throw new ProtocolException($"A message of the unknown kind {(byte)kind}.");
        }

        if (!await FillAsync(Frame.HeaderLength + length, cancellationToken))
        {
            throw new EndOfStreamException("The connection ended within a message.");
        }

        var payload = _buffer.AsMemory(_start + Frame.HeaderLength, length);
        _start += Frame.HeaderLength + length;
        return new Frame(kind, id, payload);
    }

    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellationToken)
    {
        Reserve(count);
        while (_end - _start < count)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }

    private void Reserve(int count)
    {
        var held = _end - _start;
        if (held == 0)
        {
            (_start, _end) = (0, 0);
            // One large message must not keep its memory for good.
            if (_buffer.Length > UsualBuffer && count <= UsualBuffer)
            {
                _buffer = new byte[UsualBuffer];
            }
        }

        if (_buffer.Length - _start >= count)
        {
            return;
        }

        var to = _buffer.Length >= count ? _buffer : new byte[Math.Max(count, UsualBuffer)];
        _buffer.AsSpan(_start, held).CopyTo(to);
        (_buffer, _start, _end) = (to, 0, held);
    }
}
