using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Turns;

namespace SmartService.Bot.Turns;

/// <summary>Takes turns that are due and has them decided: one at a time per conversation, many conversations at once.</summary>
internal sealed class TurnWorker(
    IDatabase database,
    TurnLeases leases,
    TurnReader reader,
    TurnRecords records,
    TurnDecision decision,
    TurnMetrics metrics,
    IOptions<TurnOptions> options,
    IOptions<ResumeOptions> resume,
    TimeProvider clock,
    ILogger<TurnWorker> logger) : BackgroundService
{
    /// <summary>Works off what is due now; returns how many turns were taken.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var taken = await leases.TakeAsync(options.Value.Parallelism, cancellationToken);
        await Task.WhenAll(taken.Items.Select(lease => WorkAsync(lease, cancellationToken)));
        return taken.Items.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var loop = new WorkLoop<TurnLease>("Turns", options.Value.Parallelism, options.Value.SafetyPoll, leases.TakeAsync, WorkAsync, logger);
        using var signals = database.Signals.Subscribe(StoreTopics.Turn, _ => loop.Wake());
        await StartUp.TryAsync(leases.ForgetAsync, "Turns", logger, stoppingToken);
        await loop.RunAsync(stoppingToken);
    }

    private Task WorkAsync(TurnLease lease, CancellationToken stopping) =>
        GiveBack.WhenAwayAsync("Turns", () => TryAsync(lease, stopping), token => leases.ReleaseAsync(lease, token), options.Value, clock, logger, stopping);

    private async Task TryAsync(TurnLease lease, CancellationToken stopping)
    {
        using var activity = TurnMetrics.Activities.StartActivity("turn");
        activity?.SetTag("conversation", lease.ConversationId);
        IReadOnlyList<StoredMessage> waiting = [];
        try
        {
            waiting = await reader.WaitingAsync(lease, stopping);
            await WorkAsync(lease, waiting, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (LeaseLostException)
        {
            Lost(lease);
        }
        catch (Exception exception) when (exception is not StoreUnavailableException)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.GetType().Name);
            await FailAsync(lease, waiting, exception);
        }
    }

    private async Task WorkAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, CancellationToken stopping)
    {
        if (waiting.Count == 0)
        {
            await records.CloseAsync(lease, stopping);
            return;
        }

        if (lease.Attempts > options.Value.MaxAttempts)
        {
            // Taken and never finished, again and again: it may be what kills the server, so it is not touched once more.
            await SetAsideAsync(lease, waiting, "The server ended while this was handled.");
            return;
        }

        var started = clock.GetTimestamp();
        var result = await DecideAsync(lease, waiting, stopping);
        var outcome = result is null
            ? await records.StaySilentAsync(lease, waiting, CancellationToken.None)
            : await records.FinishAsync(lease, waiting, result, CancellationToken.None);
        if (outcome is null)
        {
            Lost(lease);
            return;
        }

        metrics.Turn(outcome.Value, clock.GetElapsedTime(started));
        Log.TurnEnded(logger, waiting[^1].Seq, lease.ConversationId, outcome.Value.ToString());
    }

    /// <summary>Null when a human has the conversation.</summary>
    private async Task<TurnResult?> DecideAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, CancellationToken stopping)
    {
        var owner = lease.Owner;
        if (owner is ConversationOwner.Agent or ConversationOwner.Native)
        {
            if (!await MayResumeAsync(lease, waiting[0], stopping))
            {
                return null;
            }

            owner = ConversationOwner.Bot;
        }

        var context = await reader.ContextAsync(lease, owner, waiting, stopping);
        return await HoldingAsync(lease, token => decision.DecideAsync(context, token), stopping);
    }

    private async Task<bool> MayResumeAsync(TurnLease lease, StoredMessage first, CancellationToken stopping)
    {
        var quietSince = await reader.LastActivityAsync(lease, first.Seq, stopping);
        return first.SentAt - quietSince >= resume.Value.ResumeAfter.Ms && await records.ResumeAsync(lease, stopping);
    }

    /// <summary>Renews the lease while <paramref name="work"/> runs, and cancels it when the lease is lost or the time is up.</summary>
    private async Task<TurnResult> HoldingAsync(TurnLease lease, Func<CancellationToken, Task<TurnResult>> work, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.Value.TurnTimeout, clock);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        using var done = new CancellationTokenSource();
        var lost = false;
        var renewing = RenewAsync();
        try
        {
            return await Patience.RunAsync(work, clock, working.Token);
        }
        catch (OperationCanceledException) when (lost)
        {
            throw new LeaseLostException();
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new TimeoutException("The turn took too long.", exception);
        }
        finally
        {
            await done.CancelAsync();
            await renewing;
        }

        async Task RenewAsync()
        {
            var pause = options.Value.Lease / 3;
            while (true)
            {
                try
                {
                    await Task.Delay(pause, clock, done.Token);
                    if (!await leases.RenewAsync(lease, done.Token))
                    {
                        lost = true;
                        await working.CancelAsync();
                        return;
                    }

                    pause = options.Value.Lease / 3;
                }
                catch (OperationCanceledException) when (done.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception)
                {
                    // One failure must not give a running turn away, nor spoil a decided one; if the lease runs out, the fence decides.
                    Log.RenewalFailed(logger, lease.ConversationId, exception.GetType().Name);
                    Log.Details(logger, exception);
                    pause = options.Value.Lease / 12;
                }
            }
        }
    }

    private async Task FailAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, Exception exception)
    {
        Log.TurnFailed(logger, lease.ConversationId, lease.Attempts, exception.GetType().Name, exception.StackTrace);
        Log.Details(logger, exception);
        if (lease.Attempts >= options.Value.MaxAttempts && waiting.Count > 0)
        {
            await SetAsideAsync(lease, waiting, $"{exception.GetType().Name} while handling the message.");
        }
        else if (!await records.RetryAsync(lease, CancellationToken.None))
        {
            Lost(lease);
        }
    }

    private async Task SetAsideAsync(TurnLease lease, IReadOnlyList<StoredMessage> waiting, string error)
    {
        if (!await records.SetAsideAsync(lease, waiting, error, decision.Apology, CancellationToken.None))
        {
            Lost(lease);
            return;
        }

        metrics.Dead(waiting.Count);
        metrics.Turn(TurnOutcome.Failed, TimeSpan.Zero);
        Log.SetAside(logger, waiting.Count, lease.ConversationId, lease.Attempts);
    }

    private void Lost(TurnLease lease)
    {
        metrics.LeaseLost("turn");
        Log.TurnLeaseLost(logger, lease.ConversationId);
    }
}
