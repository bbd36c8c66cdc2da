using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using SmartService.Inference.Constraints;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Native;
using SmartService.Inference.Reranking;

namespace SmartService.Inference.Hosting.InProcess;

/// <summary>The models that the options name, at work on one inference thread.</summary>
internal sealed class LoadedModels : IAsyncDisposable
{
    private readonly List<LlamaModel> _models = [];
    private readonly InferenceThread _thread;

    private LoadedModels(ILogger logger) => _thread = new InferenceThread(logger.SourceStopped);

    public ModelHostInfo Info { get; private set; } = new() { Backend = "none" };

    public Scheduler? Scheduler { get; private set; }

    public TextEmbedder? Embedder { get; private set; }

    public PassageScorer? Scorer { get; private set; }

    /// <summary>
    /// Not ready is who cannot chat, or, without a chat model, who cannot embed or score; a broken encoder beside a chat that works is
    /// only told, because a supervisor ends the process of a host that is not ready any more.
    /// </summary>
    public ModelHostStatus Status
    {
        get
        {
            var encoders = Embedder?.Problem ?? Scorer?.Problem;
            var chat = Scheduler?.Status ?? new ModelHostStatus { IsReady = encoders is null };
            var passes = (Embedder?.Passes ?? 0) + (Scorer?.Passes ?? 0);
            return chat with
            {
                // A long call to the embedder moves as well: who watches for a hang must see it.
                Steps = chat.Steps + passes,
                Counters = chat.Counters with { EncoderPasses = passes },
                Problem = chat.Problem ?? encoders,
            };
        }
    }

    public static async Task<LoadedModels> LoadAsync(LocalModelOptions options, TimeProvider time, ILogger logger, IMeterFactory? meters, CancellationToken cancellationToken)
    {
        var loaded = new LoadedModels(logger);
        try
        {
            var backend = NativeBackend.Start(options, logger);
            if (!backend.IsAvailable)
            {
                throw new ModelUnavailableException(backend.Problem!);
            }

            loaded.Info = new ModelHostInfo
            {
                Backend = backend.Backend,
                Chat = options.Path.Length > 0 ? await loaded.LoadChatAsync(options, backend, time, logger, meters, cancellationToken) : null,
                Embedding = options.EmbeddingPath.Length > 0 ? await loaded.LoadEmbeddingAsync(options, time, logger, cancellationToken) : null,
                Reranker = options.RerankerPath.Length > 0 ? await loaded.LoadRerankerAsync(options, time, logger, cancellationToken) : null,
            };
            return loaded;
        }
        catch
        {
            await loaded.DisposeAsync();
            throw;
        }
    }

    /// <summary>Contexts before models, everything native on the inference thread.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Scheduler is not null)
        {
            await Scheduler.DisposeAsync();
        }

        if (Embedder is not null)
        {
            await Embedder.DisposeAsync();
        }

        if (Scorer is not null)
        {
            await Scorer.DisposeAsync();
        }

        await _thread.RunAsync(() =>
        {
            _models.ForEach(static model => model.Dispose());
            return true;
        });
        _thread.Dispose();
    }

    private async Task<ChatModelInfo> LoadChatAsync(
        LocalModelOptions options, NativeOutcome backend, TimeProvider time, ILogger logger, IMeterFactory? meters, CancellationToken cancellationToken)
    {
        var model = await LoadModelAsync(options.Path, options, logger, cancellationToken);
        var shape = DecoderShape.For(options, model);
        if (shape.Warning is { } warning)
        {
            logger.SmallerContext(warning);
        }

        IDecoder Create() => new LlamaDecoder(model, shape);
        var decoder = await _thread.RunAsync(() =>
        {
            var made = Create();
            try
            {
                WarmUp(made, backend.HasGpu ? made.BatchTokens : 32);
                return made;
            }
            catch
            {
                made.Dispose();
                throw;
            }
        });
        try
        {
            Scheduler = new Scheduler(
                decoder, Create, _thread, new ConstraintCompiler(model.Vocabulary), SchedulerOptions.From(options) with { ModelName = model.Name }, time, meters, logger);
        }
        catch
        {
            await _thread.RunAsync(() =>
            {
                decoder.Dispose();
                return true;
            });
            throw;
        }

        return new ChatModelInfo
        {
            Name = model.Name,
            Architecture = model.Architecture,
            Template = model.Template,
            ContextTokens = decoder.ContextTokens,
            VocabularySize = model.Vocabulary.Count,
            BeginText = model.Vocabulary.Begin is { } begin ? model.Vocabulary.SpecialText(begin) : "",
            EndText = model.Vocabulary.End is { } end ? model.Vocabulary.SpecialText(end) : "",
        };
    }

    private async Task<EmbeddingModelInfo> LoadEmbeddingAsync(LocalModelOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var model = await LoadModelAsync(options.EmbeddingPath, options, logger, cancellationToken);
        Embedder = await TextEmbedder.StartAsync(model, options, _thread, time, IsChatBusy);
        return Embedder.Info;
    }

    private async Task<string> LoadRerankerAsync(LocalModelOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var model = await LoadModelAsync(options.RerankerPath, options, logger, cancellationToken);
        Scorer = await PassageScorer.StartAsync(model, options, _thread, time, IsChatBusy);
        return Scorer.Name;
    }

    private async Task<LlamaModel> LoadModelAsync(string path, LocalModelOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var model = await LlamaModel.LoadAsync(path, options, logger, cancellationToken: cancellationToken);
        _models.Add(model);
        return model;
    }

    private bool IsChatBusy() => Scheduler?.Live > 0;

    // The first decode allocates; what cannot be allocated must show before the server says that it is ready.
    private static void WarmUp(IDecoder decoder, int tokens)
    {
        var batch = new DecodeBatch(tokens);
        for (var at = 0; at < tokens; at++)
        {
            batch.Add(at % decoder.Vocabulary.Count, at, 0, at == tokens - 1);
        }

        if (decoder.Decode(batch) != DecodeStatus.Ok)
        {
            throw new ModelUnavailableException("The model was loaded, but a first computation failed; there is probably not enough memory.");
        }

        decoder.Clear();
    }
}
