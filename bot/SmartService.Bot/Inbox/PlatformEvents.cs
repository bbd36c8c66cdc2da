using Dapper;
using SmartService.Bot.Delivery;
using SmartService.Data;
using SmartService.Messages;
using SmartService.Turns;

namespace SmartService.Bot;

/// <summary>What platform events and the words of servicers change. Kinds and fields are those of kf (wecom.md 3.5).</summary>
internal sealed class PlatformEvents(WriteScope scope)
{
    public static bool HasWelcomeCode(MessageBody body) =>
        body is EventBody { Kind: "enter_session" } entered && entered.Fields.TryGetValue("welcome_code", out var code) && code.Length > 0;

    public Task ApplyAsync(OpenConversation conversation, EventBody body, long seq, long sentAt) =>
        body.Kind switch
        {
            "session_status_change" => SessionChangedAsync(conversation, Field(body, "change_type"), sentAt),
            "user_recall_msg" => RecalledAsync(conversation, Field(body, "recall_msgid"), seq),
            "msg_send_fail" => SendFailedAsync(conversation, Field(body, "fail_msgid"), Field(body, "fail_type")),
            _ => Task.CompletedTask,
        };

    /// <summary>A human answers in the platform's own client: the bot is silent until that session ends.</summary>
    public async Task HumanSpeaksAsync(OpenConversation conversation, long sentAt)
    {
        conversation.AgentWrote(sentAt);
        conversation.Owner = ConversationOwner.Native;
        conversation.Agent = null;
        await ReplyOutbox.DropUnsentAsync(scope, conversation.Id);
    }

    private static string Field(EventBody body, string name) => body.Fields.TryGetValue(name, out var value) ? value : "";

    private async Task SessionChangedAsync(OpenConversation conversation, string change, long sentAt)
    {
        switch (change)
        {
            // Counts as the human's word: else the bot would resume at once where nobody has written for hours.
            case "1" or "2" or "4":
                await HumanSpeaksAsync(conversation, sentAt);
                break;

            // An agent on our desk keeps the conversation: he did not end it.
            case "3" when conversation.Owner is ConversationOwner.Native or ConversationOwner.Queue:
                conversation.GiveBackToBot();
                await conversation.WakeHeldAsync(scope);
                break;
        }
    }

    private async Task RecalledAsync(OpenConversation conversation, string messageId, long eventSeq)
    {
        var recalled = await scope.Connection.QuerySingleOrDefaultAsync<Recalled>(
            """
            select seq as Seq, state as State from message
            where conversation_id = @Id and message_id = @messageId and seq < @eventSeq and state <> 'Recalled'
            """,
            new { conversation.Id, messageId, eventSeq },
            scope.Transaction);
        if (recalled is null)
        {
            return;
        }

        await scope.Connection.ExecuteAsync("update message set state = 'Recalled' where seq = @Seq", new { recalled.Seq }, scope.Transaction);
        if (recalled.State == MessageState.Waiting)
        {
            conversation.PlanAgain(scope.NowMs);
            scope.Signal(StoreTopics.Turn);
        }
        else
        {
            await DropAnswerAsync(conversation, recalled.Seq);
        }
    }

    /// <summary>Drops the unsent answer to a recalled message, unless the same turn answered something that still stands.</summary>
    private Task<int> DropAnswerAsync(OpenConversation conversation, long seq) =>
        scope.Connection.ExecuteAsync(
            """
            update reply set state = 'Dropped', next_at = null
            where conversation_id = @Id and author = @BotAuthor and state in ('Planned', 'Held')
              and turn_seq = (select min(seq) from turn where conversation_id = @Id and seq >= @seq)
              and not exists (
                select 1 from message m where m.conversation_id = @Id and m.origin = 'Customer' and m.state <> 'Recalled'
                  and m.seq <= (select min(seq) from turn where conversation_id = @Id and seq >= @seq)
                  and m.seq > coalesce((select max(seq) from turn where conversation_id = @Id and seq < @seq), 0))
            """,
            new { conversation.Id, seq, ReplyOutbox.BotAuthor },
            scope.Transaction);

    private async Task SendFailedAsync(OpenConversation conversation, string platformId, string failType)
    {
        await scope.Connection.ExecuteAsync(
            """
            update reply set state = 'Failed', next_at = null, error = @error, platform_id = coalesce(platform_id, @platformId)
            where conversation_id = @Id and (platform_id = @platformId or id = @platformId) and state in ('Sent', 'Sending', 'Unknown')
            """,
            new { conversation.Id, platformId, error = "The platform accepted this reply and did not deliver it: " + Reason(failType) },
            scope.Transaction);
    }

    private static string Reason(string failType) => failType switch
    {
        "1" => "the account was deleted (1).",
        "2" => "the app is closed (2).",
        "4" => "the session is older than 48 hours (4).",
        "5" => "the session was closed (5).",
        "6" => "over five messages after one customer message (6).",
        "7" => "no video account is bound (7).",
        "8" => "the company is not verified (8).",
        "9" => "no video account is bound and the company is not verified (9).",
        "10" => "the customer refuses messages (10).",
        "11" => "no member is signed in to the WeCom app (11).",
        "12" => "this type of message is banned (12).",
        _ => $"reason {(failType.Length is > 0 and < 8 ? failType : "unknown")}.",
    };

    private sealed class Recalled
    {
        public long Seq { get; init; }

        public MessageState State { get; init; }
    }
}
