using System.Text.Json;
using Dapper;
using SmartService.Bot.Turns;
using SmartService.Data;
using SmartService.Messages;

namespace SmartService.Bot;

/// <summary>
/// Writes messages of one page or push into their conversations, in the caller's transaction. Conversations are locked first
/// and in order of id, so that two writers cannot deadlock and a message's number follows commit order within its conversation.
/// </summary>
internal sealed class Intake(WriteScope scope, TurnOptions options, bool firstPull)
{
    private readonly PlatformEvents _events = new(scope);

    /// <summary>Returns how many messages were new.</summary>
    public async Task<int> StoreAsync(IReadOnlyList<InboundMessage> messages)
    {
        var accepted = 0;
        foreach (var group in messages.GroupBy(message => message.ConversationId, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            // Events about an account, such as a servicer going off duty, belong to no customer.
            var conversation = group.First().Customer.Length == 0 ? null : await OpenConversation.LockAsync(scope, group.First());
            foreach (var message in group)
            {
                var state = StateOf(message, conversation);
                if (await InsertAsync(message, state) is not { } seq)
                {
                    continue;
                }

                accepted++;
                if (conversation is not null)
                {
                    await NoteAsync(conversation, message, state, seq);
                }
            }

            if (conversation is { Changed: true })
            {
                await conversation.SaveAsync(scope, options);
            }
        }

        return accepted;
    }

    private MessageState StateOf(InboundMessage message, OpenConversation? conversation)
    {
        if (message.Origin == MessageOrigin.Customer)
        {
            var old = firstPull && message.SentAt.ToUnixTimeMilliseconds() < scope.NowMs - options.FirstPullAge.Ms;
            return old ? MessageState.Ignored : MessageState.Waiting;
        }

        // The welcome is the one event that a turn may answer: its code lives for 20 seconds.
        var welcome = message.Origin == MessageOrigin.System && conversation is not null && !IsOld(message) && PlatformEvents.HasWelcomeCode(message.Body);
        return welcome ? MessageState.Waiting : MessageState.Done;
    }

    private bool IsOld(InboundMessage message) => message.SentAt.ToUnixTimeMilliseconds() < scope.NowMs - options.FirstPullAge.Ms;

    private Task<long?> InsertAsync(InboundMessage message, MessageState state) =>
        scope.Connection.QuerySingleOrDefaultAsync<long?>(
            """
            insert into message (conversation_id, channel, account, message_id, origin, sent_at, received_at, payload, state)
            values (@ConversationId, @Channel, @Account, @MessageId, @origin, @sentAt, @now, @payload, @state)
            on conflict (channel, account, message_id) do nothing returning seq
            """,
            new
            {
                message.ConversationId,
                message.Channel,
                message.Account,
                message.MessageId,
                origin = message.Origin.ToString(),
                sentAt = message.SentAt.ToUnixTimeMilliseconds(),
                now = scope.NowMs,
                payload = JsonSerializer.Serialize(message.Body, SmartServiceJson.Stored.MessageBody),
                state = state.ToString(),
            },
            scope.Transaction);

    private async Task NoteAsync(OpenConversation conversation, InboundMessage message, MessageState state, long seq)
    {
        conversation.Changed = true;
        switch (message.Origin)
        {
            case MessageOrigin.Customer:
                conversation.CustomerWrote(message.SentAt.ToUnixTimeMilliseconds());
                if (state == MessageState.Waiting)
                {
                    conversation.Unread++;
                    conversation.TurnWaits(atOnce: message.Body is TextBody { MenuId: not null });
                }

                break;
            case MessageOrigin.Servicer:
                await _events.HumanSpeaksAsync(conversation, message.SentAt.ToUnixTimeMilliseconds());
                break;
            default:
                if (state == MessageState.Waiting)
                {
                    conversation.EventWaits();
                }

                if (message.Body is EventBody body)
                {
                    await _events.ApplyAsync(conversation, body, seq, message.SentAt.ToUnixTimeMilliseconds());
                }

                break;
        }
    }
}

/// <summary>Where a message stands. Stored by name.</summary>
internal enum MessageState
{
    Waiting,
    Done,
    Dead,
    Ignored,
    Recalled,
}
