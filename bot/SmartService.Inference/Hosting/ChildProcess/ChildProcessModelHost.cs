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
    // An answer of so many vectors of 4,096 numbers has 4 MiB, far below the largest message; and a call that is cut short by a crash is
    // repeated only from its last part on.
    private const int TextsPerCall = 256;

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
        (await EmbedWithUsageAsync(texts, purpose, cancellationToken)).Vectors;

    /// <inheritdoc />
    public async Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        var vectors = new List<float[]>(texts.Count);
        var (tokens, cut) = ((long?)0, (int?)0);
        foreach (var part in Parts(texts))
        {
            var reply = await ReplyAsync(FrameKind.Embed, new WireEmbed(part, purpose), WireJson.Compact.WireEmbed, part.Count, cancellationToken);
            vectors.AddRange(reply.Vectors);
            (tokens, cut) = (tokens + reply.Tokens, cut + reply.Cut);
        }

        return new EmbeddingResult(vectors, tokens, cut);
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        var scores = new List<float>(passages.Count);
        foreach (var part in Parts(passages))
        {
            var reply = await ReplyAsync(FrameKind.Rerank, new WireRerank(query, part), WireJson.Compact.WireRerank, 1, cancellationToken);
            scores.AddRange(reply.Vectors[0].Length == part.Count
                ? reply.Vectors[0]
                : throw new InvalidOperationException("The models' process scored another number of passages than it was asked for."));
        }

        return scores;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _supervisor.DisposeAsync();

    /// <summary>At least one, so that a host without the model says so for no texts as well.</summary>
    private static IEnumerable<IReadOnlyList<string>> Parts(IReadOnlyList<string> texts) =>
        texts.Count <= TextsPerCall ? [texts] : texts.Chunk(TextsPerCall);

    private async Task<EmbeddingResult> ReplyAsync<T>(
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
