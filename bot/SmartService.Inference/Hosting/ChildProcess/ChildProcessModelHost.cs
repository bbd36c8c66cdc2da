using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>
/// Runs the models in a process of their own, which it starts, watches and brings back: a native abort, a fault or the kernel's
/// out-of-memory killer costs requests some time, and the server nothing. Requests that were running go on in the next process
/// (<see cref="GenerationCall"/> says how); one that cannot ends with an exception, never with half an output.
/// </summary>
public sealed class ChildProcessModelHost : IModelHost
{
    private readonly ModelSupervisionOptions _options;
    private readonly TimeProvider _time;
    private readonly Supervisor _supervisor;

    /// <summary>Nothing is started before <see cref="StartAsync"/>.</summary>
    /// <param name="models">What the child loads; sent to it over its socket.</param>
    /// <param name="options">How it is watched.</param>
    /// <param name="time">The clock of limits and waits.</param>
    /// <param name="logger">Gets the child's output at Debug, its end at Error.</param>
    public ChildProcessModelHost(LocalModelOptions models, ModelSupervisionOptions options, TimeProvider time, ILogger<ChildProcessModelHost> logger)
        : this(models, options, time, logger, new ProcessLauncher(options, time, logger))
    {
    }

    internal ChildProcessModelHost(
        LocalModelOptions models, ModelSupervisionOptions options, TimeProvider time, ILogger logger, IChildLauncher launcher)
    {
        (_options, _time) = (options, time);
        _supervisor = new Supervisor(launcher, models, options, time, logger);
    }

    /// <inheritdoc />
    public ModelHostStatus Status => _supervisor.Status;

    /// <summary>The id of the running child; 0: none.</summary>
    internal int ChildProcess => _supervisor.ChildProcess;

    /// <inheritdoc />
    public Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => _supervisor.StartAsync(cancellationToken);

    /// <inheritdoc />
    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = new GenerationCall(request, _options.Window, _time);
        _supervisor.Calls.Add(call);
        try
        {
            while (await call.Updates.WaitToReadAsync(cancellationToken))
            {
                while (call.Updates.TryRead(out var update))
                {
                    if (call.Taken() is > 0 and var granted)
                    {
                        _supervisor.Calls.Grant(call, granted);
                    }

                    yield return update;
                }
            }
        }
        finally
        {
            _supervisor.Calls.Abandon(call);
        }
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        await ReplyAsync(FrameKind.Embed, new WireEmbed(texts, purpose), WireJson.Compact.WireEmbed, texts.Count, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        var scores = (await ReplyAsync(FrameKind.Rerank, new WireRerank(query, passages), WireJson.Compact.WireRerank, 1, cancellationToken))[0];
        return scores.Length == passages.Count ? scores : throw new InvalidOperationException("The models' process scored another number of passages than it was asked for.");
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    private async Task<float[][]> ReplyAsync<T>(
        FrameKind kind, T request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, int vectors, CancellationToken cancellationToken)
    {
        var call = new ReplyCall<T>(kind, request, type, vectors);
        _supervisor.Calls.Add(call);
        try
        {
            return await call.Reply.WaitAsync(cancellationToken);
        }
        finally
        {
            _supervisor.Calls.Abandon(call);
        }
    }
}
