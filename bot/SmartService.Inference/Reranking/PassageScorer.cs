using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Reranking;

/// <summary>What the host does for <see cref="IModelHost.RerankAsync"/>: pairs, tokens, queue, score. Thread-safe.</summary>
internal sealed class PassageScorer(RunningEncoder encoder, IPairLayout layout) : IAsyncDisposable
{
    private const string TemplateKey = "tokenizer.chat_template.rerank";

    public string Name => encoder.Facts.Name;

    /// <inheritdoc cref="EncoderQueue.Passes"/>
    public long Passes => encoder.Queue.Passes;

    /// <inheritdoc cref="EncoderQueue.Problem"/>
    public string? Problem => encoder.Queue.Problem;

    /// <summary>Makes the encoder of a loaded reranker and adds it to the inference thread.</summary>
    /// <param name="model">Stays the caller's and must outlive this.</param>
    /// <param name="options">Limits.</param>
    /// <param name="thread">Where the passes run.</param>
    /// <param name="time">Measures the passes.</param>
    /// <param name="isChatBusy">Whether the chat has something to compute; asked on the inference thread. Null: there is no chat.</param>
    /// <exception cref="ModelUnavailableException">It is no reranker, or there is not enough memory.</exception>
    public static async Task<PassageScorer> StartAsync(
        LlamaModel model, LocalModelOptions options, InferenceThread thread, TimeProvider time, Func<bool>? isChatBusy = null)
    {
        if (!HasHead(model.FilePath))
        {
            // llama.cpp would pool by rank all the same, and the first number of a vector is no score. Community conversions of Qwen3-Reranker
            // as a chat model are of this kind (ggml-org/llama.cpp#16407).
            throw new ModelUnavailableException($"The model file '{model.FilePath}' is no reranker that llama.cpp can score with: it has no classification head (cls.*).");
        }

        // Older conversions have the head and do not say the pooling.
        var facts = EncoderFacts.Of(model.Metadata, model.Name, model.TrainedContext) with { Pooling = EncoderPooling.Rank };
        var encoder = await RunningEncoder.StartAsync(model, facts, options.RerankerMaxTokens, options, thread, time, isChatBusy);
        try
        {
            return new PassageScorer(encoder, LayoutOf(model, encoder));
        }
        catch
        {
            await encoder.DisposeAsync();
            throw;
        }
    }

    /// <summary>One score from 0 to 1 per passage, in order: the logistic function of what the model gives, or its own probability of "yes".</summary>
    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">The model broke.</exception>
    public async Task<IReadOnlyList<float>> ScoreAsync(string query, IReadOnlyList<string> passages, CancellationToken cancellationToken)
    {
        encoder.Queue.ThrowIfFull(isUrgent: true);
        var framed = await Task.Run(() => layout.Frame(query, passages, cancellationToken), cancellationToken);
        var scores = await encoder.Queue.RunAsync(Array.ConvertAll(framed, static pair => pair.Tokens), isUrgent: true, cancellationToken);
        EncoderTelemetry.Cut(framed.Count(static pair => pair.IsCut), "rerank");
        return Array.ConvertAll(scores, score => encoder.Facts.ScoresAreProbabilities ? Math.Clamp(score[0], 0, 1) : Logistic(score[0]));
    }

    public ValueTask DisposeAsync() => encoder.DisposeAsync();

    internal static float Logistic(float value) => (float)(1 / (1 + Math.Exp(-value)));

    private static IPairLayout LayoutOf(LlamaModel model, RunningEncoder encoder)
    {
        var max = encoder.Queue.MaxTokens;
        var template = model.Metadata.GetValueOrDefault(TemplateKey) ?? (encoder.Facts.ScoresAreProbabilities ? TemplatePair.Qwen3 : null);
        return (template is null ? null : (IPairLayout?)TemplatePair.Of(template, model.Vocabulary, encoder.Tokens, max))
            ?? new SeparatedPair(encoder.Tokens, encoder.Frame, max);
    }

    private static bool HasHead(string path)
    {
        try
        {
            return ModelFile.Inspect(path).Files.Any(file =>
                GgufHeader.Read(file).Tensors.Any(static tensor => tensor.Name is "cls.weight" or "cls.output.weight"));
        }
        catch (ModelFileException exception)
        {
            throw new ModelUnavailableException(exception.Message, exception);
        }
    }
}
