using System.Buffers.Binary;
using System.Text.Json;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Tells the parent, from a thread of its own, that the process lives and whether its work moves. Payload of a beat: progress
/// (int64) and the number of calls that wait for the host (int32). Standing progress while calls wait means hung; a call whose
/// reader is slow does not wait for the host.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly FrameConnection _connection;
    private readonly TimeSpan _every;
    private readonly Func<ModelHostStatus?> _status;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private ModelHostStatus? _reported;
    private int _waiting;
    private long _answers;
    private long _cacheChanges;

    public Heartbeat(FrameConnection connection, TimeSpan every, Func<ModelHostStatus?> status)
    {
        (_connection, _every, _status) = (connection, every, status);
        _thread = new Thread(Run) { IsBackground = true, Name = "model host heartbeat" };
        _thread.Start();
    }

    /// <summary>A call waits for the host from now until the result is disposed of.</summary>
    public Wait Waiting()
    {
        Interlocked.Increment(ref _waiting);
        return new Wait(this);
    }

    /// <summary>The host answered something.</summary>
    public void Answered() => Interlocked.Increment(ref _answers);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var beat = new byte[12];
        while (!_stop.Wait(_every))
        {
            // A host whose status hangs gets no beat out, and that is right.
            var status = _status();
            if (status is not null && status != _reported)
            {
                _cacheChanges += status.UsedCells != _reported?.UsedCells ? 1 : 0;
                _reported = status;
                _connection.Send(FrameKind.Status, 0, JsonSerializer.SerializeToUtf8Bytes(status, WireJson.Compact.ModelHostStatus));
            }

            BinaryPrimitives.WriteInt64LittleEndian(beat, Interlocked.Read(ref _answers) + _cacheChanges + (status?.Steps ?? 0));
            BinaryPrimitives.WriteInt32LittleEndian(beat.AsSpan(8), Volatile.Read(ref _waiting));
            _connection.Send(FrameKind.Beat, 0, beat);
        }
    }

    public readonly struct Wait(Heartbeat heartbeat) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref heartbeat._waiting);
    }
}
