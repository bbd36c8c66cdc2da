using System.Text.Json;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

/// <summary>Every customer message and every accepted send in order, for tests that count what was lost or sent twice. Thread-safe.</summary>
internal sealed class Ledger(PlatformClock clock)
{
    private readonly Lock _gate = new();
    private readonly List<ReadOnlyMemory<byte>> _lines = [];

    public void Add(string kind, string msgId, KfConversation conversation, string type, JsonElement payload)
    {
        lock (_gate)
        {
            _lines.Add(PlatformJson.Object(json =>
            {
                json.WriteNumber("n", _lines.Count + 1);
                json.WriteString("kind", kind);
                json.WriteString("msgid", msgId);
                json.WriteString("open_kfid", conversation.Account.OpenKfId);
                json.WriteString("external_userid", conversation.Customer.Id);
                json.WriteString("msgtype", type);
                json.WritePropertyName(type);
                payload.WriteTo(json);
                json.WriteString("time", clock.Now);
                json.WriteNumber("mono_ms", Math.Round(clock.ElapsedMs, 3));
            }));
        }
    }

    /// <summary>What happened after line number <paramref name="after"/>, so that one who watches need not read all of it again.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Lines(int after = 0)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(after)];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _lines.Clear();
        }
    }
}
