using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Frames over a stream. Sending never waits: frames gather while a write is under way and leave together with the next one, so
/// that the updates of one decode step cost one system call. What may gather is bounded by the callers' credit and admission.
/// </summary>
internal sealed class FrameConnection(Stream stream, int maxPayload) : IThreadPoolWorkItem, IDisposable
{
    private const int UsualBuffer = 64 * 1024;
    private readonly Lock _gate = new();
    private readonly FrameReader _reader = new(stream, maxPayload);
    private ArrayBufferWriter<byte> _gathered = new(4096);
    private ArrayBufferWriter<byte> _leaving = new(4096);
    private bool _writing;
    private bool _broken;

    public int MaxPayload
    {
        get => _reader.MaxPayload;
        set => _reader.MaxPayload = value;
    }

    /// <inheritdoc cref="FrameReader.ReadAsync"/>
    public ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken) => _reader.ReadAsync(cancellationToken);

    /// <summary>Sends a frame. False: the connection is broken and nothing will arrive.</summary>
    public bool Send(FrameKind kind, long id, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (_broken)
            {
                return false;
            }

            Header(kind, id, payload.Length);
            _gathered.Write(payload);
            return Start();
        }
    }

    /// <summary>Sends <see cref="FrameKind.Text"/> without a copy on the way.</summary>
    public bool SendText(long id, int tokens, string text)
    {
        lock (_gate)
        {
            if (_broken)
            {
                return false;
            }

            var length = 4 + Encoding.UTF8.GetByteCount(text);
            Header(FrameKind.Text, id, length);
            var to = _gathered.GetSpan(length);
            BinaryPrimitives.WriteInt32LittleEndian(to, tokens);
            Encoding.UTF8.GetBytes(text, to[4..]);
            _gathered.Advance(length);
            return Start();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _broken = true;
        }

        stream.Dispose();
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    private void Header(FrameKind kind, long id, int length)
    {
        var header = _gathered.GetSpan(Frame.HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        header[4] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(header[5..], id);
        _gathered.Advance(Frame.HeaderLength);
    }

    private bool Start()
    {
        if (!_writing)
        {
            _writing = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        return true;
    }

    private async Task WriteAsync()
    {
        try
        {
            while (Take())
            {
                await stream.WriteAsync(_leaving.WrittenMemory);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            lock (_gate)
            {
                (_broken, _writing) = (true, false);
            }
        }
    }

    private bool Take()
    {
        lock (_gate)
        {
            if (_leaving.Capacity > UsualBuffer)
            {
                _leaving = new ArrayBufferWriter<byte>(4096);
            }

            _leaving.ResetWrittenCount();
            if (_gathered.WrittenCount == 0 || _broken)
            {
                _writing = false;
                return false;
            }

            (_gathered, _leaving) = (_leaving, _gathered);
            return true;
        }
    }
}
