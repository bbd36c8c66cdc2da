using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Turns;
using SmartService.Channels;
using SmartService.Data;

namespace SmartService.Bot.Delivery;

/// <summary>Sends recorded replies: in order within a conversation, different conversations at once.</summary>
internal sealed class ReplySender(
    IDatabase database,
    DeliveryLeases leases,
    NextReply next,
    DeliveryRecords records,
    IEnumerable<IChannel> channels,
    TurnMetrics metrics,
    IOptions<TurnOptions> options,
    TimeProvider clock,
    ILogger<ReplySender> logger) : BackgroundService
{
    private readonly Dictionary<string, IChannel> _channels = channels.ToDictionary(channel => channel.Name, StringComparer.Ordinal);

    /// <summary>Sends what is due now; returns how many conversations were taken.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var taken = await leases.TakeAsync(options.Value.SendParallelism, cancellationToken);
        await Task.WhenAll(taken.Items.Select(lease => DeliverAsync(lease, cancellationToken)));
        return taken.Items.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var loop = new WorkLoop<DeliveryLease>("Delivery", options.Value.SendParallelism, options.Value.SafetyPoll, leases.TakeAsync, DeliverAsync, logger);
        using var signals = database.Signals.Subscribe(StoreTopics.Deliver, _ => loop.Wake());
        await StartUp.TryAsync(leases.ForgetAsync, "Delivery", logger, stoppingToken);
        await loop.RunAsync(stoppingToken);
    }

    private Task DeliverAsync(DeliveryLease lease, CancellationToken stopping) =>
        GiveBack.WhenAwayAsync("Delivery", () => TryAsync(lease, stopping), token => records.ReleaseAsync(lease, token), options.Value, clock, logger, stopping);

    private async Task TryAsync(DeliveryLease lease, CancellationToken stopping)
    {
        using var activity = TurnMetrics.Activities.StartActivity("deliver");
        activity?.SetTag("conversation", lease.ConversationId);
        var channel = _channels[lease.Channel];
        while (true)
        {
            if (stopping.IsCancellationRequested)
            {
                await records.ReleaseAsync(lease, CancellationToken.None);
                return;
            }

            // From here to the record nothing is given up because the server stops: a part in flight is worth its few seconds.
            if (await next.TakeAsync(lease, channel.Budget, CancellationToken.None) is not { } reply)
            {
                return;
            }

            var result = await SendAsync(channel, lease, reply);
            var recorded = await records.RecordAsync(lease, reply, result, channel.Budget, CancellationToken.None);
            Report(lease, reply, result, recorded);
            if (!recorded.GoOn)
            {
                return;
            }
        }
    }

    private async Task<SendResult> SendAsync(IChannel channel, DeliveryLease lease, OutgoingReply reply)
    {
        using var timeout = new CancellationTokenSource(options.Value.SendTimeout, clock);
        try
        {
            var part = JsonSerializer.Deserialize(reply.Payload, SmartServiceJson.Stored.ReplyPart)!;

            // A channel that ignores its token must not hold the conversation longer than the lease.
            return await channel.SendAsync(new OutboundPart(reply.Id, lease.Account, lease.Customer, part), timeout.Token)
                .WaitAsync(options.Value.SendTimeout + TimeSpan.FromMilliseconds(100), clock, CancellationToken.None);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            return new SendResult(SendStatus.Retry, Error: "The platform did not answer in time.");
        }
        catch (ChannelException exception)
        {
            return new SendResult(exception.Permanent ? SendStatus.Refused : SendStatus.Retry, Code: exception.Code, Error: exception.Message, RetryAfter: exception.RetryAfter);
        }
        catch (Exception exception)
        {
            Log.Details(logger, exception);
            return new SendResult(SendStatus.Retry, Error: $"{exception.GetType().Name} while sending.");
        }
    }

    private void Report(DeliveryLease lease, OutgoingReply reply, SendResult result, Recorded recorded)
    {
        metrics.Reply(lease.Channel, recorded.State);
        switch (recorded.State)
        {
            case "Sent":
                metrics.Delivered(recorded.NowMs - reply.CreatedAt);
                break;
            case "Lost":
                metrics.LeaseLost("delivery");
                Log.DeliveryLeaseLost(logger, lease.ConversationId);
                break;
            default:
                Log.ReplyNotSent(logger, reply.Id, lease.ConversationId, recorded.State, result.Code, result.Error);
                break;
        }
    }
}
