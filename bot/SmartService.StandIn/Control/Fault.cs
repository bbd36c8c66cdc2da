using System.Text.Json;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Control;

internal enum FaultKind
{
    /// <summary>Answer an error code without doing anything.</summary>
    Error,

    /// <summary>Wait before doing it.</summary>
    Latency,

    /// <summary>Do it, then cut the connection before the answer: the caller cannot know.</summary>
    DropAnswer,

    /// <summary>Cut the connection without doing anything.</summary>
    DropRequest,

    /// <summary>Accept a send, report later that it was not delivered.</summary>
    SendFail,
}

/// <summary>One thing that goes wrong the next few times.</summary>
internal sealed class Fault(string api, FaultKind kind, int value, int count)
{
    public FaultKind Kind => kind;

    /// <summary>Error code, milliseconds or fail_type.</summary>
    public int Value => value;

    /// <summary>How often it still happens; negative = until cleared.</summary>
    public int Left { get; set; } = count;

    /// <summary><c>send_msg</c> and <c>kf/send_msg</c> mean the same; <c>*</c> is every call.</summary>
    public bool Concerns(string called) =>
        api is "*" || string.Equals(api, called, StringComparison.Ordinal) || called.EndsWith("/" + api, StringComparison.Ordinal);

    /// <summary>Reads a fault as <c>control/faults</c> takes it; null when it is none.</summary>
    public static Fault? Read(JsonElement body)
    {
        var (api, count) = (body.Text("api") ?? "*", body.Int("count") ?? 1);
        if (body.Int("errcode") is { } code)
        {
            return new Fault(api, FaultKind.Error, code, count);
        }

        if (body.Int("latency_ms") is { } milliseconds and >= 0)
        {
            return new Fault(api, FaultKind.Latency, milliseconds, count);
        }

        if (body.Int("msg_send_fail") is { } failType)
        {
            return new Fault(body.Text("api") ?? "send_msg", FaultKind.SendFail, failType, count);
        }

        return body.Text("drop") switch
        {
            "answer" => new Fault(api, FaultKind.DropAnswer, 0, count),
            "request" => new Fault(api, FaultKind.DropRequest, 0, count),
            _ => null,
        };
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("api", api);
        json.WriteString("kind", kind.ToString());
        json.WriteNumber("value", value);
        json.WriteNumber("left", Left);
    }
}

/// <summary>The faults that are armed. Thread-safe.</summary>
internal sealed class FaultBoard
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];

    public void Arm(Fault fault)
    {
        lock (_gate)
        {
            _faults.Add(fault);
        }
    }

    /// <summary>The first fault of this kind that concerns the call, counted down; else null.</summary>
    public Fault? Take(string api, FaultKind kind)
    {
        lock (_gate)
        {
            var fault = _faults.Find(candidate => candidate.Kind == kind && candidate.Concerns(api));
            if (fault is { Left: > 0 } && --fault.Left == 0)
            {
                _faults.Remove(fault);
            }

            return fault;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _faults.Clear();
        }
    }

    public void Write(Utf8JsonWriter json)
    {
        lock (_gate)
        {
            json.WriteStartArray("faults");
            foreach (var fault in _faults)
            {
                json.WriteStartObject();
                fault.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }
}
