namespace SmartService.Inference.Engine;

/// <summary>A decoder and what is known of its cache; both go when the native context breaks.</summary>
internal sealed class ComputeContext(IDecoder decoder, SchedulerOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private bool _isGone;

    public IDecoder Decoder => decoder;

    public SequenceCache Cache { get; } = new(decoder, options.RetainedShare);

    public DecodeBatch Batch { get; } = new(decoder.BatchTokens);

    /// <summary>From any thread, even when the context is being disposed.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            if (!_isGone)
            {
                decoder.Abort();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isGone = true;
            decoder.Dispose();
        }
    }
}
