using System.Buffers;
using System.Text.Json;
using SmartService.StandIn.Control;

namespace SmartService.StandIn.Platform;

/// <summary><c>kf/send_msg</c> and <c>kf/send_msg_on_event</c> with everything that the platform refuses (wecom.md 3.6, 3.7).</summary>
internal sealed class SendApi(
    KfPlatform platform, MessageLimits limits, FaultBoard faults, StandInOptions options, PlatformClock clock, Report report, Ledger ledger)
{
    private static readonly SearchValues<char> _idCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

    private sealed record Draft(KfConversation Conversation, string MsgId, string Type, JsonElement Payload);

    public Answer Send(JsonElement body)
    {
        lock (platform.Gate)
        {
            var refusal = CheckSend(body, out var conversation);
            if (refusal is not null)
            {
                return Refuse(refusal);
            }

            var draft = NewDraft(body, conversation!);
            double? waited = conversation!.WaitingSince is { } since ? clock.ElapsedMs - since : null;
            conversation.WaitingSince = null;
            conversation.ApiSent();
            report.Send(waited);
            Deliver(draft, "send");
            if (faults.Take("kf/send_msg", FaultKind.SendFail) is { } fail)
            {
                report.Injected();
                platform.FailSend(conversation, draft.MsgId, fail.Value);
            }

            return Answer.Ok(json => json.WriteString("msgid", draft.MsgId));
        }
    }

    public Answer SendOnEvent(JsonElement body)
    {
        lock (platform.Gate)
        {
            var refusal = CheckEventReply(body, out var code);
            if (refusal is not null)
            {
                return Refuse(refusal);
            }

            platform.Codes.Use(body.Text("code")!);
            if (code!.Kind == EventCodeKind.Welcome)
            {
                code.Conversation.WelcomedAt = clock.Now;
            }

            var draft = NewDraft(body, code.Conversation);
            report.EventReply();
            Deliver(draft, "event_reply");
            return Answer.Ok(json => json.WriteString("msgid", draft.MsgId));
        }
    }

    private Refusal? CheckSend(JsonElement body, out KfConversation? conversation)
    {
        conversation = null;
        if (string.IsNullOrEmpty(body.Text("touser")) || string.IsNullOrEmpty(body.Text("open_kfid")))
        {
            return new Refusal(40063, "touser or open_kfid missing");
        }

        if (CheckContent(body) is { } refusal)
        {
            return refusal;
        }

        if (platform.Account(body.Text("open_kfid")) is not { } account)
        {
            return new Refusal(95000, "invalid open_kfid");
        }

        conversation = platform.Conversation(account, body.Text("touser"));
        if (conversation is null)
        {
            return new Refusal(40096, "invalid external userid");
        }

        if (IsRepeat(body, account))
        {
            return new Refusal(options.DuplicateMsgIdCode, "msgid already exists");
        }

        if (conversation.LastMessageAt is not null && !conversation.InWindow(clock.Now))
        {
            return new Refusal(95002, "send message time limit");
        }

        return conversation.State(clock.Now) switch
        {
            SessionState.Ended => new Refusal(95013, "conversation has ended"),
            SessionState.Pool or SessionState.Human => new Refusal(95018, "send msg session status invalid"),
            _ => conversation.Remaining == 0 ? new Refusal(95001, "send message count limit") : null,
        };
    }

    private Refusal? CheckEventReply(JsonElement body, out EventCode? code)
    {
        code = null;
        if (string.IsNullOrEmpty(body.Text("code")))
        {
            return new Refusal(40063, "code missing");
        }

        if (CheckContent(body) is { } refusal)
        {
            return refusal;
        }

        code = platform.Codes.Find(body.Text("code")!, clock.Now);
        if (code is null)
        {
            return new Refusal(41050, "invalid code or code expired");
        }

        if (!(body.Text("msgtype") == "text" || (code.AllowsMenu && body.Text("msgtype") == "msgmenu")))
        {
            return new Refusal(40008, "invalid message type");
        }

        if (IsRepeat(body, code.Conversation.Account))
        {
            return new Refusal(options.DuplicateMsgIdCode, "msgid already exists");
        }

        if (code.Kind == EventCodeKind.Welcome && code.Conversation.LastMessageAt >= code.IssuedAt)
        {
            return new Refusal(41051, "chat already started");
        }

        return code.State is { } state && state != code.Conversation.State(clock.Now) ? new Refusal(95018, "send msg session status invalid") : null;
    }

    private Refusal? CheckContent(JsonElement body)
    {
        if (body.Text("msgid") is { Length: > 0 } msgId)
        {
            if (msgId.AsSpan().ContainsAnyExcept(_idCharacters))
            {
                return new Refusal(40035, "invalid msgid");
            }

            if (msgId.Length > 32)
            {
                return new Refusal(40058, "msgid exceeds 32 bytes");
            }
        }

        return limits.Check(body.Text("msgtype"), body.Text("msgtype") is { Length: > 0 } type ? body.Object(type) : null);
    }

    private static bool IsRepeat(JsonElement body, KfAccount account) => body.Text("msgid") is { Length: > 0 } msgId && account.SentIds.Contains(msgId);

    private static Draft NewDraft(JsonElement body, KfConversation conversation)
    {
        var type = body.Text("msgtype")!;
        return new Draft(conversation, body.Text("msgid") is { Length: > 0 } given ? given : Ids.Message(), type, body.Object(type)!.Value.Clone());
    }

    private void Deliver(Draft draft, string kind)
    {
        draft.Conversation.Account.SentIds.Add(draft.MsgId);
        draft.Conversation.Customer.Transcript.Add(clock.Now, "out", "bot", draft.Type, draft.Payload, draft.MsgId, draft.Conversation.Account.OpenKfId);
        ledger.Add(kind, draft.MsgId, draft.Conversation, draft.Type, draft.Payload);
    }

    private Answer Refuse(Refusal refusal)
    {
        if (refusal.Code == options.DuplicateMsgIdCode)
        {
            report.Duplicate();
        }
        else
        {
            report.Illegal(refusal.Code);
        }

        return Answer.Refused(refusal);
    }
}
