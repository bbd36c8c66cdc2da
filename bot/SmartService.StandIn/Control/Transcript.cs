using System.Text.Json;

namespace SmartService.StandIn.Control;

/// <summary>One line of what a customer's phone shows.</summary>
internal sealed record TranscriptEntry(
    long Seq, DateTimeOffset Time, string Direction, string From, string Type, JsonElement Payload, string? MsgId, string OpenKfId)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("seq", Seq);
        json.WriteString("time", Time);
        json.WriteString("direction", Direction);
        json.WriteString("from", From);
        json.WriteString("type", Type);
        json.WritePropertyName("payload");
        Payload.WriteTo(json);
        json.WriteString("msgid", MsgId);
        json.WriteString("open_kfid", OpenKfId);
    }
}

/// <summary>What a customer's phone shows, in order, and a way to wait for more. Thread-safe.</summary>
internal sealed class Transcript
{
    private readonly Lock _gate = new();
    private readonly List<TranscriptEntry> _entries = [];
    private TaskCompletionSource _changed = NewSignal();

    public TranscriptEntry Add(DateTimeOffset time, string direction, string from, string type, JsonElement payload, string? msgId, string openKfId)
    {
        lock (_gate)
        {
            var entry = new TranscriptEntry(_entries.Count + 1, time, direction, from, type, payload, msgId, openKfId);
            _entries.Add(entry);
            Signal();
            return entry;
        }
    }

    /// <summary>Wakes those who wait, for example because the session's state changed.</summary>
    public void Touch()
    {
        lock (_gate)
        {
            Signal();
        }
    }

    /// <summary>Entries after <paramref name="seq"/>, and the task that completes at the next change after this look.</summary>
    public (IReadOnlyList<TranscriptEntry> Entries, Task Changed) After(long seq)
    {
        lock (_gate)
        {
            var from = (int)Math.Clamp(seq, 0, _entries.Count);
            return (_entries.GetRange(from, _entries.Count - from), _changed.Task);
        }
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
