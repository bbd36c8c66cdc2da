using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text.Json;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>The child's end of the connection: takes calls from the parent to the host that runs the models here.</summary>
internal sealed class ChildServer(FrameConnection connection, Func<LocalModelOptions, IModelHost> create) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, ServedCall> _calls = new();
    private readonly StartOrder _order = new();
    private volatile IModelHost? _host;
    private volatile bool _ready;
    private Heartbeat? _heartbeat;
    private WireStart? _start;

    /// <summary>Serves until the parent closes the connection or asks to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await connection.ReadAsync(cancellationToken) is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.Start when _start is null:
                    _start = WireJson.Read(frame.Payload.Span, WireJson.Compact.WireStart);
                    _heartbeat = new Heartbeat(connection, _start.BeatEvery, () => _host?.Status);
                    _ = Task.Run(() => LoadAsync(_start.Options, cancellationToken), cancellationToken);
                    break;
                case FrameKind.Generate or FrameKind.Embed or FrameKind.Rerank when _ready && _heartbeat is not null && _host is not null:
                    Serve(frame, _host, _heartbeat);
                    break;
                case FrameKind.Cancel:
                    if (_calls.TryGetValue(frame.Id, out var cancelled))
                    {
                        cancelled.Cancel();
                    }

                    break;
                case FrameKind.Credit when frame.Payload.Length == 4:
                    if (_calls.TryGetValue(frame.Id, out var credited))
                    {
                        credited.Grant(BinaryPrimitives.ReadInt32LittleEndian(frame.Payload.Span));
                    }

                    break;
                case FrameKind.Shutdown:
                    return;
                default:
                    throw new ProtocolException($"{frame.Kind} was not expected now.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var call in _calls.Values)
        {
            call.Cancel();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _heartbeat?.Dispose();
    }

    private async Task LoadAsync(LocalModelOptions options, CancellationToken cancellationToken)
    {
        try
        {
            _host = create(options);
            var info = await _host.StartAsync(cancellationToken);
            // Before the parent hears of it: its first request may be here at once.
            _ready = true;
            connection.Send(FrameKind.Ready, 0, JsonSerializer.SerializeToUtf8Bytes(info, WireJson.Compact.ModelHostInfo));
        }
        catch (Exception exception)
        {
            await Report(exception);
            connection.Send(FrameKind.StartFailed, 0, JsonSerializer.SerializeToUtf8Bytes(WireFailure.Of(exception), WireJson.Compact.WireFailure));
        }
    }

    private void Serve(in Frame frame, IModelHost host, Heartbeat heartbeat)
    {
        var (kind, id) = (frame.Kind, frame.Id);
        // The frame's bytes are the reader's; parsing and tokenizing a long prompt must not hold up the other requests.
        var payload = frame.Payload.ToArray();
        var call = new ServedCall(_start!.Window);
        if (!_calls.TryAdd(id, call))
        {
            throw new ProtocolException("A request came twice.");
        }

        // Taken here, where calls come in their order.
        var place = kind == FrameKind.Generate ? _order.Arrive() : null;
        _ = Task.Run(() => ServeAsync(kind, id, payload, call, place, host, heartbeat));
    }

    private async Task ServeAsync(FrameKind kind, long id, byte[] payload, ServedCall call, StartOrder.Place? place, IModelHost host, Heartbeat heartbeat)
    {
        try
        {
            await (kind switch
            {
                FrameKind.Generate => GenerateAsync(id, payload, call, place!, host, heartbeat),
                FrameKind.Embed => EmbedAsync(id, WireJson.Read(payload, WireJson.Compact.WireEmbed), call, host, heartbeat),
                _ => RerankAsync(id, WireJson.Read(payload, WireJson.Compact.WireRerank), call, host, heartbeat),
            });
        }
        catch (Exception exception)
        {
            if (!call.Cancelled.IsCancellationRequested)
            {
                await Report(exception);
            }

            connection.Send(FrameKind.Failed, id, JsonSerializer.SerializeToUtf8Bytes(WireFailure.Of(exception), WireJson.Compact.WireFailure));
        }
        finally
        {
            place?.Dispose();
            _calls.TryRemove(id, out _);
            call.Dispose();
        }
    }

    private async Task GenerateAsync(long id, byte[] payload, ServedCall call, StartOrder.Place place, IModelHost host, Heartbeat heartbeat)
    {
        await place.BeforeReading();
        var request = WireJson.Read(payload, WireJson.Compact.GenerationRequest);
        await place.BeforeStart(request.Conversation is { } conversation ? (request.Tenant, conversation) : null);
        await using var updates = host.GenerateAsync(request, call.Cancelled).GetAsyncEnumerator(call.Cancelled);
        var finished = false;
        while (!finished)
        {
            // A slow reader costs only its own request: the host is not asked while nobody can take the answer.
            await call.TakeAsync();
            using (heartbeat.Waiting())
            {
                // The host has tokenized and submitted the request when this returns, so the conversation's next one may come.
                var next = updates.MoveNextAsync();
                place.Started();
                if (!await next)
                {
                    throw new InvalidOperationException("The output ended without a finish reason.");
                }
            }

            heartbeat.Answered();
            var update = updates.Current;
            finished = update.Finish is not null;
            if (finished || update.Usage is not null || update.ChoiceScores is not null)
            {
                connection.Send(FrameKind.Update, id, JsonSerializer.SerializeToUtf8Bytes(update, WireJson.Compact.GenerationUpdate));
            }
            else
            {
                connection.SendText(id, update.OutputTokens, update.Text);
            }
        }
    }

    private async Task EmbedAsync(long id, WireEmbed request, ServedCall call, IModelHost host, Heartbeat heartbeat)
    {
        using var waiting = heartbeat.Waiting();
        var result = await host.EmbedWithUsageAsync(request.Texts, request.Purpose, call.Cancelled);
        heartbeat.Answered();
        connection.Send(FrameKind.Vectors, id, WireVectors.Write(result));
    }

    private async Task RerankAsync(long id, WireRerank request, ServedCall call, IModelHost host, Heartbeat heartbeat)
    {
        using var waiting = heartbeat.Waiting();
        var scores = await host.RerankAsync(request.Query, request.Passages, call.Cancelled);
        heartbeat.Answered();
        connection.Send(FrameKind.Vectors, id, WireVectors.Write(new EmbeddingResult([[.. scores]])));
    }

    // Kept by the parent as the child's last words. Without the message, which may quote text; the seam's own exceptions are answers, not faults.
    private static Task Report(Exception exception) =>
        exception is ModelUnavailableException or ModelSaturatedException or PromptTooLongException or OperationCanceledException or ArgumentException
            ? Task.CompletedTask
            : Console.Error.WriteLineAsync($"{exception.GetType().FullName}{Environment.NewLine}{exception.StackTrace}");
}
