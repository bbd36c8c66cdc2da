using LLama;
using LLama.Common;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Native;

/// <summary>
/// The weights of one GGUF file and what the file says about itself. Read-only once loaded, so contexts may share it; a context
/// holds it alive.
/// </summary>
internal sealed class LlamaModel : IDisposable
{
    private readonly LLamaWeights _weights;

    private LlamaModel(LLamaWeights weights, ModelFile file)
    {
        _weights = weights;
        File = file;
        Vocabulary = new LlamaVocabulary(weights.NativeHandle);
        Template = weights.NativeHandle.GetTemplate(null, strict: false);
    }

    /// <summary>What the file's header says; read before native code saw the file.</summary>
    public ModelFile File { get; }

    public string FilePath => File.Path;

    public string Name => File.Name;

    public string Architecture => File.Architecture;

    /// <summary>The chat template in Jinja, or null.</summary>
    public string? Template { get; }

    public LlamaVocabulary Vocabulary { get; }

    /// <summary>The scalar entries of the file's metadata as text; arrays are left out.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _weights.Metadata;

    public SafeLlamaModelHandle Handle => _weights.NativeHandle;

    /// <summary>The context that the model was trained with, in tokens.</summary>
    public int TrainedContext => Handle.ContextSize;

    /// <summary>Bytes of all tensors.</summary>
    public long Bytes => (long)Handle.SizeInBytes;

    /// <summary>
    /// Loads a model; of several shards, <paramref name="path"/> is the first. Starts the native libraries if need be.
    /// <paramref name="progress"/> is told from 0 to 1, on any thread.
    /// </summary>
    /// <exception cref="ModelUnavailableException">The libraries or the file cannot be used; the message is one sentence and names the file.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what had been read is released.</exception>
    public static async Task<LlamaModel> LoadAsync(
        string path, LocalModelOptions options, ILogger? logger = null, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        var backend = NativeBackend.Start(options, logger);
        if (!backend.IsAvailable)
        {
            throw new ModelUnavailableException(backend.Problem!);
        }

        var file = Inspect(path);
        NativeLog.Forget();
        try
        {
            var weights = await LLamaWeights.LoadFromFileAsync(Parameters(file.Path, options, backend), cancellationToken, new Progress(progress));
            try
            {
                return new LlamaModel(weights, file);
            }
            catch
            {
                weights.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is LoadWeightsFailedException or RuntimeError or IOException or UnauthorizedAccessException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var reason = NativeLog.LastError ?? exception.Message;
            throw new ModelUnavailableException($"The model file '{path}' cannot be loaded: {reason.TrimEnd('.')}.", exception);
        }
    }

    /// <summary>Malformed and truncated files are refused by managed code: native code has been known to crash on them.</summary>
    private static ModelFile Inspect(string path)
    {
        try
        {
            return ModelFile.Inspect(path);
        }
        catch (Exception exception) when (exception is ModelFileException or ArgumentException)
        {
            throw new ModelUnavailableException($"The model file '{path}' cannot be used: {exception.Message}", exception);
        }
    }

    public void Dispose() => _weights.Dispose();

    // Made only here, after the libraries are loaded: ModelParams calls native code. Its defaults would not map the file and
    // would put 20 layers on the GPU.
    private static ModelParams Parameters(string path, LocalModelOptions options, NativeOutcome backend) => new(Path.GetFullPath(path))
    {
        LoadMode = NativeApi.llama_supports_mmap() ? LLamaLoadMode.MemoryMap : LLamaLoadMode.None,
        GpuLayerCount = backend.HasGpu && options.Gpu != GpuUse.Off ? options.GpuLayers : 0,
    };

    /// <summary>Called by native code: an exception would travel through its frames.</summary>
    private sealed class Progress(IProgress<float>? inner) : IProgress<float>
    {
        private IProgress<float>? _inner = inner;

        public void Report(float value)
        {
            try
            {
                _inner?.Report(value);
            }
            catch (Exception)
            {
                // The observer's own fault: loading goes on, and it is not asked again.
                _inner = null;
            }
        }
    }
}
