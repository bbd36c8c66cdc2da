using System.Text.Json;

namespace SmartService.StandIn.Platform;

/// <summary><c>kf/service_state/get</c> and <c>trans</c> (wecom.md 3.8).</summary>
internal sealed class StateApi(KfPlatform platform, PlatformClock clock)
{
    public Answer Get(JsonElement body)
    {
        lock (platform.Gate)
        {
            if (Find(body, out var conversation) is { } refusal)
            {
                return Answer.Refused(refusal);
            }

            var (state, servicer) = (conversation!.State(clock.Now), conversation.Servicer);
            return Answer.Ok(json =>
            {
                json.WriteNumber("service_state", (int)state);
                if (state == SessionState.Human)
                {
                    json.WriteString("servicer_userid", servicer);
                }
            });
        }
    }

    public Answer Transfer(JsonElement body)
    {
        lock (platform.Gate)
        {
            if (Find(body, out var conversation) is { } refusal)
            {
                return Answer.Refused(refusal);
            }

            if (body.Int("service_state") is not { } number)
            {
                return Answer.Refused(40063, "service_state missing");
            }

            var (target, servicer) = ((SessionState)number, body.Text("servicer_userid"));
            if (!conversation!.State(clock.Now).Allows(target))
            {
                return Answer.Refused(95016, "not allow to change session status");
            }

            if (target == SessionState.Human && CheckServicer(conversation, servicer) is { } unfit)
            {
                return Answer.Refused(unfit);
            }

            conversation.Put(target, servicer);
            conversation.Customer.Transcript.Touch();
            return Answer.Ok(CodeFor(conversation, target) is { } code ? json => json.WriteString("msg_code", code) : null);
        }
    }

    private string? CodeFor(KfConversation conversation, SessionState target) => target switch
    {
        SessionState.Pool => platform.Codes.Issue(conversation, EventCodeKind.Pool, clock.Now),
        SessionState.Human => platform.Codes.Issue(conversation, EventCodeKind.Taken, clock.Now),
        SessionState.Ended => platform.Codes.Issue(conversation, EventCodeKind.Ended, clock.Now),
        _ => null,
    };

    private Refusal? CheckServicer(KfConversation conversation, string? userId)
    {
        if (string.IsNullOrEmpty(userId))
        {
            return new Refusal(40063, "servicer_userid missing");
        }

        // User ids are case-insensitive on the platform.
        var servicer = conversation.Account.Settings.Servicers.FirstOrDefault(one => string.Equals(one.UserId, userId, StringComparison.OrdinalIgnoreCase));
        if (servicer is not { Activated: true })
        {
            return new Refusal(95014, "invalid servicer or not activated");
        }

        if (!servicer.Receiving)
        {
            return new Refusal(95019, "servicer stopped receiving");
        }

        return conversation.State(clock.Now) == SessionState.Human && string.Equals(conversation.Servicer, servicer.UserId, StringComparison.OrdinalIgnoreCase)
            ? new Refusal(95016, "not allow to change session status")
            : null;
    }

    private Refusal? Find(JsonElement body, out KfConversation? conversation)
    {
        conversation = null;
        if (string.IsNullOrEmpty(body.Text("open_kfid")) || string.IsNullOrEmpty(body.Text("external_userid")))
        {
            return new Refusal(40063, "open_kfid or external_userid missing");
        }

        if (platform.Account(body.Text("open_kfid")) is not { } account)
        {
            return new Refusal(95000, "invalid open_kfid");
        }

        conversation = platform.Conversation(account, body.Text("external_userid"));
        return conversation is null ? new Refusal(40096, "invalid external userid") : null;
    }
}
