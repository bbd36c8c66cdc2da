namespace SmartService.Inference.Catalogue;

/// <summary>Ends a wait for a server that is silent for too long, and tells that from a person who gave up.</summary>
internal sealed class Watch : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _both;

    public Watch(TimeSpan limit, TimeProvider time, CancellationToken outer)
    {
        (_limit, _outer) = (limit, outer);
        _timer = new CancellationTokenSource(limit, time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(outer, _timer.Token);
    }

    public CancellationToken Token => _both.Token;

    /// <summary>The server said something.</summary>
    public void Reset() => _timer.CancelAfter(_limit);

    /// <summary>Whether an exception means that the line or the server failed.</summary>
    public bool IsBroken(Exception exception) => !_outer.IsCancellationRequested && exception is OperationCanceledException or HttpRequestException or IOException;

    public string Reason(Exception exception) => exception is OperationCanceledException
        ? $"the server was silent for {_limit.TotalSeconds:0} s"
        : $"the connection failed ({exception.Message})";

    public void Dispose()
    {
        _both.Dispose();
        _timer.Dispose();
    }
}
