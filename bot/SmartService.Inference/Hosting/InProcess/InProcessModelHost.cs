using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SmartService.Inference.Hosting.InProcess;

/// <summary>
/// Runs the models in this process: one inference thread, one context per model. What a native abort ends is this process; see
/// <see cref="ChildProcess.ChildProcessModelHost"/> for a server that must outlive it.
/// </summary>
public sealed class InProcessModelHost(LocalModelOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null, IMeterFactory? meters = null) : IModelHost
{
    private readonly ILogger _logger = loggers?.CreateLogger<InProcessModelHost>() ?? NullLogger<InProcessModelHost>.Instance;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private Task<LoadedModels>? _loading;
    private bool _isDisposed;

    public ModelHostStatus Status => _loading switch
    {
        null => new ModelHostStatus { IsReady = false, Problem = "The models are not loaded yet." },
        { IsCompletedSuccessfully: true } loaded => loaded.Result.Status,
        { IsFaulted: true } failed => new ModelHostStatus { IsReady = false, Problem = failed.Exception!.InnerException!.Message },
        _ => new ModelHostStatus { IsReady = false, Problem = "The models are being loaded." },
    };

    public async Task<ModelHostInfo> StartAsync(CancellationToken cancellationToken) => (await LoadAsync().WaitAsync(cancellationToken)).Info;

    public async IAsyncEnumerable<GenerationUpdate> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var models = await LoadAsync().WaitAsync(cancellationToken);
        var scheduler = models.Scheduler ?? throw new ModelUnavailableException("No chat model is loaded: set Model:Path.");
        await foreach (var update in scheduler.GenerateAsync(request, cancellationToken))
        {
            yield return update;
        }
    }

    public async Task<IReadOnlyList<float[]>> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken) =>
        (await EmbedWithUsageAsync(texts, purpose, cancellationToken)).Vectors;

    public async Task<EmbeddingResult> EmbedWithUsageAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        var models = await LoadAsync().WaitAsync(cancellationToken);
        var embedder = models.Embedder ?? throw new ModelUnavailableException("No embedding model is loaded: set Model:EmbeddingPath.");
        return await embedder.EmbedAsync(texts, purpose, cancellationToken);
    }

    public async Task<IReadOnlyList<float>> RerankAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        var models = await LoadAsync().WaitAsync(cancellationToken);
        var scorer = models.Scorer ?? throw new ModelUnavailableException("No reranking model is loaded: set Model:RerankerPath.");
        return await scorer.ScoreAsync(query, passages, cancellationToken);
    }

    /// <summary>Lets running requests finish for a few seconds, then frees everything.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<LoadedModels>? loading;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            loading = _loading;
        }

        await _stop.CancelAsync();
        if (loading is not null)
        {
            try
            {
                await (await loading).DisposeAsync();
            }
            catch (Exception) when (!loading.IsCompletedSuccessfully)
            {
                // It had not loaded, which everybody who asked was told.
            }
        }

        _stop.Dispose();
    }

    private Task<LoadedModels> LoadAsync()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            // Its own task, so that the first caller's cancellation does not cost the others the model.
            return _loading ??= Task.Run(() => LoadedModels.LoadAsync(options, time ?? TimeProvider.System, _logger, meters, _stop.Token));
        }
    }
}
