using SmartService.Bot;
using SmartService.Data;

namespace SmartService.Desk;

/// <summary>Lets one open page wait until a conversation changed. Signals may be lost, so the wait also ends by itself.</summary>
internal sealed class ConversationChanges : IDisposable
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly IDisposable _subscription;

    public ConversationChanges(Signals signals) => _subscription = signals.Subscribe(StoreTopics.Conversation, _ => Wake());

    /// <summary>Ends the running or the next wait. Many changes are one.</summary>
    public void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (Exception exception) when (exception is SemaphoreFullException or ObjectDisposedException)
        {
            // It is awake already, or the page has gone.
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _changed.WaitAsync(atMost, cancellationToken);

    public void Dispose()
    {
        _subscription.Dispose();
        _changed.Dispose();
    }
}
