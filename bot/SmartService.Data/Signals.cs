using System.Collections.Concurrent;
using System.Diagnostics;

namespace SmartService.Data;

/// <summary>
/// Tells waiting loops and open pages that something was committed. A hint only: it may be lost in a crash, so every
/// listener also looks at the store from time to time.
/// </summary>
public sealed class Signals
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();

    /// <summary>Calls <paramref name="handler"/> with the payload of every signal of <paramref name="topic"/> until disposed. The handler must be quick.</summary>
    public IDisposable Subscribe(string topic, Action<string> handler)
    {
        var subscription = new Subscription(this, topic, handler);
        _subscriptions[subscription] = 0;
        return subscription;
    }

    /// <summary>
    /// Delivers a signal to the subscribers in this process. What was committed stays committed, so a listener that throws (one
    /// that is being disposed, say) is passed over: the loop that raises must live.
    /// </summary>
    public void Raise(string topic, string payload)
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            if (subscription.Topic == topic)
            {
                Deliver(subscription, payload);
            }
        }
    }

    private static void Deliver(Subscription subscription, string payload)
    {
        try
        {
            subscription.Handler(payload);
        }
        catch (Exception exception)
        {
            // A signal is a hint; its listener also looks at the store from time to time.
            Activity.Current?.AddException(exception);
        }
    }

    private sealed class Subscription(Signals owner, string topic, Action<string> handler) : IDisposable
    {
        public string Topic { get; } = topic;

        public Action<string> Handler { get; } = handler;

        public void Dispose() => owner._subscriptions.TryRemove(this, out _);
    }
}
