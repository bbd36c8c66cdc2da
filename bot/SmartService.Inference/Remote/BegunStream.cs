using Microsoft.Extensions.AI;

namespace SmartService.Inference.Remote;

/// <summary>A streamed answer whose beginning has arrived. For one reader.</summary>
internal sealed class BegunStream : IAsyncDisposable
{
    private readonly ModelTarget _target;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenSource _either;
    private readonly IAsyncEnumerator<ChatResponseUpdate> _updates;
    private readonly Queue<ChatResponseUpdate> _head = [];
    private bool _finished;
    private bool _begun;
    private bool _counted;

    private BegunStream(ModelTarget target, IReadOnlyList<ChatMessage> messages, ChatOptions? options, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _target = target;
        _limit = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _limit.Token);
        _updates = target.Client.GetStreamingResponseAsync(messages, options, _either.Token).GetAsyncEnumerator(_either.Token);
    }

    /// <summary>Asks and waits for the first token.</summary>
    public static async Task<BegunStream> OpenAsync(
        ModelTarget target, IReadOnlyList<ChatMessage> messages, ChatOptions? options, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var stream = new BegunStream(target, messages, options, limit, time, cancellationToken);
        try
        {
            await stream.BeginAsync();
            return stream;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested && stream._limit.IsCancellationRequested)
        {
            await stream.DisposeAsync();
            throw new TimeoutException("The model did not begin to answer in time.", exception);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next update, or null at the end. An end without a finish reason is the caller's to notice, as with any client.</summary>
    public async Task<ChatResponseUpdate?> NextAsync()
    {
        if (_head.TryDequeue(out var update))
        {
            return Stamped(update);
        }

        try
        {
            if (await _updates.MoveNextAsync())
            {
                _finished |= _updates.Current.FinishReason is not null;
                return Stamped(_updates.Current);
            }
        }
        catch (Exception exception) when (!_either.IsCancellationRequested)
        {
            _counted = true;
            await _target.BrokeOffAsync(exception);
            throw;
        }

        _counted = true;
        _target.Ended(_finished);
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_begun && !_counted)
        {
            _counted = true;
            if (_finished)
            {
                _target.Ended(finished: true);
            }
            else
            {
                _target.Left();
            }
        }

        await _updates.DisposeAsync();
        _either.Dispose();
        _limit.Dispose();
    }

    private ChatResponseUpdate Stamped(ChatResponseUpdate update)
    {
        (update.AdditionalProperties ??= [])[ModelClients.AnsweredByKey] = _target.Name;
        return update;
    }

    private async Task BeginAsync()
    {
        while (await _updates.MoveNextAsync())
        {
            _head.Enqueue(_updates.Current);
            if (Says(_updates.Current))
            {
                _finished = _updates.Current.FinishReason is not null;
                _limit.CancelAfter(Timeout.InfiniteTimeSpan);
                _begun = true;
                return;
            }
        }

        // A proxy's error page, a connection cut at once: an answer that is really empty ends with a reason.
        throw new InvalidDataException("The model's stream ended before it began.");
    }

    // An update with nothing but a role, or numbers about the request, commits to nothing.
    private static bool Says(ChatResponseUpdate update) =>
        update.FinishReason is not null || update.Contents.Any(content => content is not UsageContent and not TextContent { Text.Length: 0 });
}
