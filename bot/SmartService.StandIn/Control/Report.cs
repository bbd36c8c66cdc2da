using System.Text.Json;

namespace SmartService.StandIn.Control;

/// <summary>Counts what happened since the start or the last reset. Thread-safe.</summary>
internal sealed class Report
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, int> _illegal = [];
    private readonly Latencies _acks = new();
    private readonly Latencies _replies = new();
    private int _customerMessages, _events, _bells, _attempts, _failures, _givenUp, _pulls, _sends, _eventReplies, _duplicates, _sendFailures, _injected, _waiting;

    public void CustomerMessage(bool alreadyWaiting)
    {
        lock (_gate)
        {
            _customerMessages++;
            _waiting += alreadyWaiting ? 0 : 1;
        }
    }

    public void Event() => Count(ref _events);

    public void Bell() => Count(ref _bells);

    public void GivenUp() => Count(ref _givenUp);

    public void Pull() => Count(ref _pulls);

    public void EventReply() => Count(ref _eventReplies);

    public void SendFailed() => Count(ref _sendFailures);

    public void Injected() => Count(ref _injected);

    public void Duplicate() => Count(ref _duplicates);

    public void Callback(double milliseconds, bool acknowledged)
    {
        lock (_gate)
        {
            _attempts++;
            if (acknowledged)
            {
                _acks.Add(milliseconds);
            }
            else
            {
                _failures++;
            }
        }
    }

    /// <param name="replyMs">For the first send after a customer message: how long the customer waited.</param>
    public void Send(double? replyMs)
    {
        lock (_gate)
        {
            _sends++;
            if (replyMs is { } waited)
            {
                _replies.Add(waited);
                _waiting--;
            }
        }
    }

    public void Illegal(int code)
    {
        lock (_gate)
        {
            _illegal[code] = _illegal.GetValueOrDefault(code) + 1;
        }
    }

    public void Write(Utf8JsonWriter json, int customers)
    {
        lock (_gate)
        {
            json.WriteNumber("customers", customers);
            json.WriteNumber("customer_messages", _customerMessages);
            json.WriteNumber("events", _events);
            json.WriteNumber("bells", _bells);
            json.WriteStartObject("callbacks");
            json.WriteNumber("attempts", _attempts);
            json.WriteNumber("acknowledged", _acks.Count);
            json.WriteNumber("failures", _failures);
            json.WriteNumber("given_up", _givenUp);
            _acks.Write(json);
            json.WriteEndObject();
            json.WriteNumber("pulls", _pulls);
            json.WriteNumber("sends", _sends);
            json.WriteNumber("event_replies", _eventReplies);
            json.WriteNumber("illegal_sends", _illegal.Values.Sum());
            json.WriteStartObject("illegal_sends_by_code");
            foreach (var (code, count) in _illegal)
            {
                json.WriteNumber(code.ToString(System.Globalization.CultureInfo.InvariantCulture), count);
            }

            json.WriteEndObject();
            json.WriteNumber("duplicate_msgids", _duplicates);
            json.WriteNumber("send_failures", _sendFailures);
            json.WriteNumber("injected_faults", _injected);
            json.WriteStartObject("replies");
            json.WriteNumber("count", _replies.Count);
            json.WriteNumber("unanswered", _waiting);
            _replies.Write(json);
            json.WriteEndObject();
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _illegal.Clear();
            _acks.Clear();
            _replies.Clear();
            _customerMessages = _events = _bells = _attempts = _failures = _givenUp = _pulls = _sends = _eventReplies = _duplicates = _sendFailures = _injected = _waiting = 0;
        }
    }

    private void Count(ref int counter)
    {
        lock (_gate)
        {
            counter++;
        }
    }
}
