using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Api;
using SmartService.Replies;

namespace SmartService.Channels.WeChat.Kf;

/// <summary>Sends to customers of 微信客服: final plain text, five messages per customer message, 48 hours.</summary>
public sealed class KfChannel(KfApi api, ILogger<KfChannel> log) : IChannel
{
    /// <summary>Name of the channel, stored with every message.</summary>
    public const string ChannelName = "kf";

    private const int WrongState = 95018;

    /// <inheritdoc/>
    public string Name => ChannelName;

    /// <summary>Five messages; 48 hours less a margin for clocks and queues.</summary>
    public SendBudget Budget { get; } = new(5, new TimeSpan(47, 55, 0));

    /// <inheritdoc/>
    public FittedReply Fit(IReadOnlyList<ReplyPart> reply, int maxParts) => KfFit.Fit(reply, maxParts);

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(OutboundPart part, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(part);
        SendResult result;
        try
        {
            result = await TrySendAsync(part, cancellationToken);
        }
        catch (ChannelException failure)
        {
            result = KfResults.Of(failure);
        }

        WeChatTelemetry.Sends.Add(1, new("status", result.Status.ToString()), new("code", result.Code));
        if (result.Status != SendStatus.Sent)
        {
            log.NotSent(part.ReplyId, result.Status, result.Code, result.Error);
        }

        return result;
    }

    private async Task<SendResult> TrySendAsync(OutboundPart part, CancellationToken cancellationToken)
    {
        var request = KfContent.Of(part.Part).ToRequest(part);
        var answer = await api.SendAsync(request, cancellationToken);
        if (answer.Errcode != WrongState)
        {
            return KfResults.Of(answer, part.ReplyId);
        }

        var state = await api.GetStateAsync(new StateRequest(part.Account, part.Customer), cancellationToken);
        if (state.Errcode != 0)
        {
            return KfResults.Failed(state);
        }

        switch ((KfSessionState)state.ServiceState)
        {
            case KfSessionState.Pool or KfSessionState.Servicer:
                return new SendResult(SendStatus.OwnedByHuman, null, WrongState, "A servicer has the session in the WeCom client.");
            case KfSessionState.Untreated:
                return await ClaimAndSendAsync(part, request, cancellationToken);
            default:
                // Ended, or ours but older than 48 hours.
                return KfResults.Failed(answer);
        }
    }

    // A send implies 0 to 1, but not where WeCom routes new sessions to servicers: claim it, then send once more.
    private async Task<SendResult> ClaimAndSendAsync(OutboundPart part, SendRequest request, CancellationToken cancellationToken)
    {
        var claimed = await api.TransferAsync(
            new TransferRequest(part.Account, part.Customer, (int)KfSessionState.Assistant, ServicerUserid: null), cancellationToken);
        return claimed.Errcode == 0
            ? KfResults.Of(await api.SendAsync(request, cancellationToken), part.ReplyId)
            : KfResults.Failed(claimed);
    }
}
