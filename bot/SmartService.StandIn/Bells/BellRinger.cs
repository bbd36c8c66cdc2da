using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartService.Channels.WeChat.Callbacks;
using SmartService.StandIn.Control;
using SmartService.StandIn.Platform;

namespace SmartService.StandIn.Bells;

/// <summary>
/// Rings the callback URL when an account has something new: one bell at a time per account, what arrives meanwhile rings
/// once more. Three attempts of five seconds, then the bell is lost, as on the platform.
/// </summary>
internal sealed class BellRinger(
    KfPlatform platform, StandInOptions options, PlatformClock clock, FaultBoard faults, Report report, ILogger<BellRinger> logger) : BackgroundService
{
    private readonly CallbackCrypto _crypto = new(new CallbackKeys(options.Token, options.EncodingAesKey, options.CorpId));

    // The callback is on this machine or a configured server, never behind a proxy; the platform follows no redirects.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan };

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(platform.Accounts.Select(account => RingAlwaysAsync(account, stoppingToken)));

    private async Task RingAlwaysAsync(KfAccount account, CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var _ in account.Bell.Reader.ReadAllAsync(stoppingToken))
            {
                if (options.CallbackUrl is { } callback)
                {
                    await RingAsync(account, callback, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; bells are not kept.
        }
    }

    private async Task RingAsync(KfAccount account, Uri callback, CancellationToken stoppingToken)
    {
        string token;
        lock (platform.Gate)
        {
            token = account.NewSyncToken(clock.Now);
        }

        if (faults.Take("callback", FaultKind.DropRequest) is not null)
        {
            report.Injected();
            return;
        }

        // Whether a retry repeats timestamp, nonce and ciphertext is not established; repeating them is the harder case
        // for a receiver that remembers nonces.
        var envelope = BellEnvelope.Seal(_crypto, callback, account.OpenKfId, token, clock.Now);
        report.Bell();
        for (var attempt = 1; attempt <= options.CallbackAttempts; attempt++)
        {
            var started = clock.Time.GetTimestamp();
            if (await TryAsync(account, envelope, attempt, stoppingToken))
            {
                return;
            }

            var wait = options.CallbackRetryInterval - clock.Time.GetElapsedTime(started);
            if (attempt < options.CallbackAttempts && wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, clock.Time, stoppingToken);
            }
        }

        report.GivenUp();
        Log.BellGivenUp(logger, account.OpenKfId, options.CallbackAttempts);
    }

    private async Task<bool> TryAsync(KfAccount account, BellEnvelope envelope, int attempt, CancellationToken stoppingToken)
    {
        var started = clock.Time.GetTimestamp();
        string? failure;
        using var timeout = new CancellationTokenSource(options.CallbackTimeout, clock.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
        try
        {
            using var content = new StringContent(envelope.Body, Encoding.UTF8, "text/xml");
            using var response = await _http.PostAsync(envelope.Url, content, either.Token);
            failure = response.IsSuccessStatusCode ? null : "HTTP " + (int)response.StatusCode;
        }
        catch (HttpRequestException exception)
        {
            failure = exception.HttpRequestError.ToString();
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            failure = "timeout";
        }

        var milliseconds = clock.Time.GetElapsedTime(started).TotalMilliseconds;
        report.Callback(milliseconds, failure is null);
        if (failure is null)
        {
            Log.BellAcknowledged(logger, account.OpenKfId, milliseconds, attempt);
        }
        else
        {
            Log.BellFailed(logger, account.OpenKfId, attempt, failure);
        }

        return failure is null;
    }
}
