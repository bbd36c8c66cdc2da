using System.Threading.Channels;

namespace SmartService.StandIn.Platform;

/// <summary>One message or event as <c>kf/sync_msg</c> hands it out.</summary>
internal sealed record LoggedMessage(DateTimeOffset SentAt, ReadOnlyMemory<byte> Json);

/// <summary>The platform's side of a kf account. Guarded by <see cref="KfPlatform.Gate"/>, except for the bell.</summary>
internal sealed class KfAccount(StandInAccount settings)
{
    private static readonly TimeSpan _tokenLife = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, DateTimeOffset> _syncTokens = new(StringComparer.Ordinal);
    private readonly Queue<DateTimeOffset> _tokenlessCalls = new();

    public StandInAccount Settings => settings;

    public string OpenKfId => settings.OpenKfId;

    public List<LoggedMessage> Log { get; } = [];

    /// <summary>Every msgid that an accepted send used; the platform states no time limit for the check.</summary>
    public HashSet<string> SentIds { get; } = new(StringComparer.Ordinal);

    /// <summary>One waiting bell is enough: whoever pulls gets everything. So bells of a burst merge into one.</summary>
    public Channel<bool> Bell { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public string NewSyncToken(DateTimeOffset now)
    {
        foreach (var old in _syncTokens.Where(token => token.Value < now).Select(token => token.Key).ToList())
        {
            _syncTokens.Remove(old);
        }

        var token = Ids.SyncToken();
        _syncTokens[token] = now + _tokenLife;
        return token;
    }

    public bool Knows(string syncToken, DateTimeOffset now) => _syncTokens.TryGetValue(syncToken, out var expires) && now <= expires;

    /// <summary>Counts a pull without token; false when the minute's allowance is used up.</summary>
    public bool AllowsTokenlessCall(DateTimeOffset now, int perMinute)
    {
        while (_tokenlessCalls.TryPeek(out var first) && now - first >= TimeSpan.FromMinutes(1))
        {
            _tokenlessCalls.Dequeue();
        }

        if (_tokenlessCalls.Count >= perMinute)
        {
            return false;
        }

        _tokenlessCalls.Enqueue(now);
        return true;
    }

    public void Clear()
    {
        Log.Clear();
        SentIds.Clear();
        _syncTokens.Clear();
        _tokenlessCalls.Clear();
    }
}
