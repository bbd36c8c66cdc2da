using System.Collections.Concurrent;

namespace SmartService.Data;

/// <summary>
/// Tells waiting loops and open pages that something was committed. A hint only: it may be lost in a crash, so every
/// listener also looks at the store from time to time.
/// </summary>
public sealed class Signals
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();

    /// <summary>Calls <paramref name="handler"/> with the payload of every signal of <paramref name="topic"/> until disposed. The handler must be quick and must not throw.</summary>
    public IDisposable Subscribe(string topic, Action<string> handler)
    {
        var subscription = new Subscription(this, topic, handler);
        _subscriptions[subscription] = 0;
        return subscription;
    }

    /// <summary>Delivers a signal to the subscribers in this process.</summary>
    public void Raise(string topic, string payload)
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            if (subscription.Topic == topic)
            {
                subscription.Handler(payload);
            }
        }
    }

    private sealed class Subscription(Signals owner, string topic, Action<string> handler) : IDisposable
    {
        public string Topic { get; } = topic;

        public Action<string> Handler { get; } = handler;

        public void Dispose() => owner._subscriptions.TryRemove(this, out _);
    }
}
