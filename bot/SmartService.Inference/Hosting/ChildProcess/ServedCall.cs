namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>One request in the child: whether it is still wanted, and how many updates its reader has room for.</summary>
internal sealed class ServedCall : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly SemaphoreSlim _credit;
    private readonly Lock _gate = new();
    private bool _ended;

    public ServedCall(int window)
    {
        _credit = new SemaphoreSlim(window);
        Cancelled = _cancel.Token;
    }

    public CancellationToken Cancelled { get; }

    /// <summary>Waits until the reader has room for one more update.</summary>
    public Task TakeAsync() => _credit.WaitAsync(Cancelled);

    public void Grant(int updates)
    {
        lock (_gate)
        {
            if (!_ended && updates > 0)
            {
                _credit.Release(updates);
            }
        }
    }

    public void Cancel()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                // What listens to the token must not run on the connection's reader.
                _ = _cancel.CancelAsync();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _cancel.Dispose();
            _credit.Dispose();
        }
    }
}
