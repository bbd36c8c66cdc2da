using System.Text.Json;
using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Api;
using SmartService.Messages;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Pulls pages of <c>kf/sync_msg</c>.</summary>
public sealed class KfMessageSource(KfApi api, TimeProvider time, ILogger<KfMessageSource> log) : IMessageSource
{
    private const int TokenExpired = 95007;
    private static readonly TimeSpan NoProgress = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public string Channel => KfChannel.ChannelName;

    /// <inheritdoc/>
    public async Task<MessagePage> PullAsync(PullRequest request, CancellationToken cancellationToken = default)
    {
        var answer = await AskAsync(request, request.BellToken, cancellationToken);
        if (answer.Errcode == TokenExpired && request.BellToken is not null)
        {
            answer = await AskAsync(request, bellToken: null, cancellationToken);
        }

        if (answer.Errcode != 0)
        {
            throw WeComErrors.ToException(answer);
        }

        var messages = new List<InboundMessage>();
        foreach (var element in answer.MsgList ?? [])
        {
            if (Read(element, request.Account) is { } message)
            {
                messages.Add(message);
            }
        }

        WeChatTelemetry.PulledMessages.Add(messages.Count);
        // A page without a cursor of its own leaves ours where it is: a lost cursor replays three days.
        var next = string.IsNullOrEmpty(answer.NextCursor) ? request.Cursor : answer.NextCursor;
        var more = answer.HasMore == 1;
        if (more && messages.Count == 0 && next == request.Cursor)
        {
            // "More" is believed even on an empty page, but a page without any progress must not become a busy loop.
            await Task.Delay(NoProgress, time, cancellationToken);
        }

        return new MessagePage(messages, next, more);
    }

    private async Task<SyncAnswer> AskAsync(PullRequest request, string? bellToken, CancellationToken cancellationToken)
    {
        var cursor = request.Cursor.Length == 0 ? null : request.Cursor;
        var answer = await api.SyncAsync(new SyncRequest(request.Account, cursor, bellToken), cancellationToken);
        WeChatTelemetry.Pulls.Add(1, new KeyValuePair<string, object?>("code", answer.Errcode));
        return answer;
    }

    private InboundMessage? Read(JsonElement element, string account)
    {
        var message = KfMessages.Read(element, account);
        var kind = element.Text("msgtype");
        if (message is null)
        {
            if (kind == "event")
            {
                log.EventWithoutCustomer(element.Object("event")?.Text("event_type") ?? "");
            }
            else
            {
                log.MessageWithoutCustomer(kind ?? "");
            }
        }
        else if (message.Body is UnsupportedBody unsupported)
        {
            log.UnsupportedMessage(unsupported.Kind);
        }

        return message;
    }
}
