using System.Text.Json;
using SmartService.StandIn.Control;

namespace SmartService.StandIn.Platform;

/// <summary>
/// The platform's memory of accounts, customers and sessions, and what customers and people in its own client do.
/// One lock: every step is a few microseconds of memory work.
/// </summary>
internal sealed class KfPlatform(StandInOptions options, PlatformClock clock, Report report, Ledger ledger)
{
    private readonly Dictionary<string, KfAccount> _accounts =
        options.Accounts.ToDictionary(account => account.OpenKfId, account => new KfAccount(account), StringComparer.Ordinal);

    private readonly Dictionary<string, KfCustomer> _customers = new(StringComparer.Ordinal);

    public Lock Gate { get; } = new();

    public EventCodes Codes { get; } = new();

    /// <summary>Changes with every reset; a cursor of an older epoch starts again from the oldest message.</summary>
    public string Epoch { get; private set; } = Ids.Message()[..8];

    public IReadOnlyCollection<KfAccount> Accounts => _accounts.Values;

    public int CustomerCount
    {
        get
        {
            lock (Gate)
            {
                return _customers.Count;
            }
        }
    }

    public KfAccount? Account(string? openKfId) => openKfId is not null && _accounts.TryGetValue(openKfId, out var account) ? account : null;

    /// <summary>A customer who is known; call under <see cref="Gate"/>.</summary>
    public KfCustomer? Known(string? customer) => customer is not null && _customers.TryGetValue(customer, out var known) ? known : null;

    /// <summary>A conversation that exists; call under <see cref="Gate"/>.</summary>
    public KfConversation? Conversation(KfAccount account, string? customer) => Known(customer)?.Conversations.GetValueOrDefault(account.OpenKfId);

    /// <summary>The customer, created when new. Takes the lock itself.</summary>
    public KfCustomer Customer(string id)
    {
        lock (Gate)
        {
            if (!_customers.TryGetValue(id, out var customer))
            {
                _customers[id] = customer = new KfCustomer(id);
            }

            return customer;
        }
    }

    /// <summary>A customer writes. Returns the platform's msgid.</summary>
    public string Receive(KfAccount account, string customer, string type, JsonElement payload, DateTimeOffset? sentAt)
    {
        string msgId;
        lock (Gate)
        {
            var conversation = Open(account, customer);
            (msgId, var at) = (Ids.Message(), sentAt ?? clock.Now);
            report.CustomerMessage(conversation.WaitingSince is not null);
            conversation.CustomerWrote(at, clock.ElapsedMs);
            Append(conversation, 3, null, msgId, at, type, payload);
            conversation.Customer.Transcript.Add(at, "in", "customer", type, payload, msgId, account.OpenKfId);
            ledger.Add("customer_message", msgId, conversation, type, payload);
        }

        account.Bell.Writer.TryWrite(true);
        return msgId;
    }

    /// <summary>A customer opens the chat. A welcome code is given once in 48 hours, and only to those who wrote nothing in that time.</summary>
    public string? Enter(KfAccount account, string customer, string? scene, string? sceneParam)
    {
        string? code = null;
        lock (Gate)
        {
            var (conversation, now) = (Open(account, customer), clock.Now);
            if (!conversation.InWindow(now) && (conversation.WelcomedAt is not { } welcomed || now - welcomed > KfConversation.Window))
            {
                code = Codes.Issue(conversation, EventCodeKind.Welcome, now);
            }

            Event(conversation, "enter_session", "system", json =>
            {
                json.WriteString("scene", scene ?? "");
                json.WriteString("scene_param", sceneParam ?? "");
                if (code is not null)
                {
                    json.WriteString("welcome_code", code);
                }
            });
        }

        account.Bell.Writer.TryWrite(true);
        return code;
    }

    /// <summary>A customer takes a message back.</summary>
    public bool Recall(KfAccount account, string customer, string msgId)
    {
        lock (Gate)
        {
            if (Conversation(account, customer) is not { } conversation
                || !conversation.Customer.Transcript.After(0).Entries.Any(entry => entry.Direction == "in" && entry.MsgId == msgId))
            {
                return false;
            }

            Event(conversation, "user_recall_msg", "customer", json => json.WriteString("recall_msgid", msgId));
        }

        account.Bell.Writer.TryWrite(true);
        return true;
    }

    /// <summary>A human types in the platform's own client.</summary>
    public string ServicerWrites(KfAccount account, string customer, string servicer, string type, JsonElement payload)
    {
        var msgId = Ids.Message();
        lock (Gate)
        {
            var (conversation, now) = (Open(account, customer), clock.Now);
            Append(conversation, 5, servicer, msgId, now, type, payload);
            conversation.Customer.Transcript.Add(now, "out", "servicer", type, payload, msgId, account.OpenKfId);
        }

        account.Bell.Writer.TryWrite(true);
        return msgId;
    }

    /// <summary>People in the platform's own client move a session. Returns the code that came with the event, if any.</summary>
    public string? ForceState(KfAccount account, string customer, SessionState state, string? servicer, bool announce)
    {
        string? code = null;
        lock (Gate)
        {
            var (conversation, now) = (Open(account, customer), clock.Now);
            var (before, former) = (conversation.State(now), conversation.Servicer);
            conversation.Force(state, servicer, now);
            conversation.Customer.Transcript.Touch();
            if (announce && ChangeType(before, state) is { } changeType)
            {
                code = changeType switch
                {
                    1 => Codes.Issue(conversation, EventCodeKind.Taken, now),
                    3 => Codes.Issue(conversation, EventCodeKind.Ended, now),
                    _ => null,
                };
                Event(conversation, "session_status_change", "system", json =>
                {
                    json.WriteNumber("change_type", changeType);
                    json.WriteString("old_servicer_userid", former ?? "");
                    json.WriteString("new_servicer_userid", servicer ?? "");
                    if (code is not null)
                    {
                        json.WriteString("msg_code", code);
                    }
                });
            }
        }

        account.Bell.Writer.TryWrite(true);
        return code;
    }

    /// <summary>The truth about delivery arrives after <c>send_msg</c> said ok. Call under <see cref="Gate"/>.</summary>
    public void FailSend(KfConversation conversation, string msgId, int failType)
    {
        report.SendFailed();
        Event(conversation, "msg_send_fail", "system", json =>
        {
            json.WriteString("fail_msgid", msgId);
            json.WriteNumber("fail_type", failType);
        });
        conversation.Account.Bell.Writer.TryWrite(true);
    }

    public void Clear()
    {
        lock (Gate)
        {
            foreach (var account in _accounts.Values)
            {
                account.Clear();
            }

            foreach (var customer in _customers.Values)
            {
                customer.Transcript.Touch();
            }

            _customers.Clear();
            Codes.Clear();
            Epoch = Ids.Message()[..8];
        }
    }

    private KfConversation Open(KfAccount account, string customer)
    {
        var known = Customer(customer);
        if (!known.Conversations.TryGetValue(account.OpenKfId, out var conversation))
        {
            known.Conversations[account.OpenKfId] = conversation = new KfConversation(account, known);
        }

        return conversation;
    }

    // Changes that come from people (wecom.md 3.5): 1 taken, 2 transferred, 3 ended, 4 re-opened.
    private static int? ChangeType(SessionState before, SessionState after) => (before, after) switch
    {
        (SessionState.Human, SessionState.Human) => 2,
        (SessionState.Ended, SessionState.Human) => 4,
        (_, SessionState.Human) => 1,
        (_, SessionState.Ended) => 3,
        _ => null,
    };

    private static void Append(KfConversation conversation, int origin, string? servicer, string msgId, DateTimeOffset at, string type, JsonElement payload) =>
        conversation.Account.Log.Add(new LoggedMessage(at, PlatformJson.Object(json =>
        {
            json.WriteString("msgid", msgId);
            json.WriteString("open_kfid", conversation.Account.OpenKfId);
            json.WriteString("external_userid", conversation.Customer.Id);
            json.WriteNumber("send_time", at.ToUnixTimeSeconds());
            json.WriteNumber("origin", origin);
            if (servicer is not null)
            {
                json.WriteString("servicer_userid", servicer);
            }

            json.WriteString("msgtype", type);
            json.WritePropertyName(type);
            payload.WriteTo(json);
        })));

    private void Event(KfConversation conversation, string kind, string from, Action<Utf8JsonWriter> fields)
    {
        report.Event();
        var (msgId, now) = (Ids.Message(), clock.Now);
        var body = PlatformJson.Object(json =>
        {
            json.WriteString("event_type", kind);
            json.WriteString("open_kfid", conversation.Account.OpenKfId);
            json.WriteString("external_userid", conversation.Customer.Id);
            fields(json);
        });

        // The ids of an event are inside it, not beside it.
        conversation.Account.Log.Add(new LoggedMessage(now, PlatformJson.Object(json =>
        {
            json.WriteString("msgid", msgId);
            json.WriteNumber("send_time", now.ToUnixTimeSeconds());
            json.WriteNumber("origin", 4);
            json.WriteString("msgtype", "event");
            json.WritePropertyName("event");
            json.WriteRawValue(body.Span, skipInputValidation: true);
        })));
        using var payload = JsonDocument.Parse(body);
        conversation.Customer.Transcript.Add(now, "event", from, kind, payload.RootElement.Clone(), msgId, conversation.Account.OpenKfId);
    }
}
