using System.Collections.Concurrent;

namespace SmartService.Channels.WeChat.Api;

/// <summary>
/// One token per corp and secret, fetched by one caller at a time and renewed 300 s before it ends. Thread-safe. A secret
/// that was refused is not tried again for ten minutes: a wrong one repeated gets the IP address blocked for an hour.
/// </summary>
public sealed class AccessTokens(WeComHttp http, TimeProvider time)
{
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(300);
    private readonly ConcurrentDictionary<(string Corp, string Secret), Entry> _entries = new();

    /// <summary>The token to use now.</summary>
    /// <exception cref="ChannelException">The platform refused the secret or could not be reached.</exception>
    public async Task<string> GetAsync(string corpId, string secret, CancellationToken cancellationToken)
    {
        var entry = _entries.GetOrAdd((corpId, secret), _ => new Entry());
        if (entry.Usable(time.GetUtcNow()) is { } cached)
        {
            return cached;
        }

        await entry.Turn.WaitAsync(cancellationToken);
        try
        {
            return entry.Usable(time.GetUtcNow()) ?? await FetchAsync(entry, corpId, secret, cancellationToken);
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    /// <summary>Forgets a token that the platform refused, unless it was replaced meanwhile.</summary>
    public void Forget(string corpId, string secret, string token)
    {
        if (_entries.TryGetValue((corpId, secret), out var entry) && entry.Token is { } current && current.Value == token)
        {
            entry.Token = null;
        }
    }

    private async Task<string> FetchAsync(Entry entry, string corpId, string secret, CancellationToken cancellationToken)
    {
        if (entry.Refusal is { } refusal && time.GetUtcNow() < refusal.Until)
        {
            throw new ChannelException(refusal.Cause.Message)
            {
                Code = refusal.Cause.Code,
                Permanent = true,
                RetryAfter = refusal.Until - time.GetUtcNow(),
            };
        }

        var path = $"cgi-bin/gettoken?corpid={Uri.EscapeDataString(corpId)}&corpsecret={Uri.EscapeDataString(secret)}";
        var answer = await http.CallAsync("gettoken", path, body: null, WeComJson.Wire.TokenAnswer, cancellationToken);
        if (answer.Errcode == 0 && !string.IsNullOrEmpty(answer.AccessToken))
        {
            entry.Refusal = null;
            // A lifetime shorter than the margin is used by half, so that a test platform with short tokens works.
            var lifetime = TimeSpan.FromSeconds(Math.Max(1, answer.ExpiresIn));
            var keep = lifetime > Margin * 2 ? lifetime - Margin : lifetime / 2;
            entry.Token = new Token(answer.AccessToken, time.GetUtcNow() + keep);
            return answer.AccessToken;
        }

        var failed = answer.Errcode == 0
            ? new ChannelException("The platform answered without an access token.") { RetryAfter = TimeSpan.FromSeconds(5) }
            : WeComErrors.ToException(answer);
        if (failed is { Permanent: true, RetryAfter: { } pause })
        {
            entry.Refusal = new Refusal(failed, time.GetUtcNow() + pause);
        }

        throw failed;
    }

    private sealed class Entry
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public Token? Token { get; set; }

        public Refusal? Refusal { get; set; }

        public string? Usable(DateTimeOffset now) => Token is { } token && now < token.UseUntil ? token.Value : null;
    }

    private sealed record Token(string Value, DateTimeOffset UseUntil);

    private sealed record Refusal(ChannelException Cause, DateTimeOffset Until);
}
