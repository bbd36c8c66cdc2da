using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Embeddings;

/// <summary>What the host does for <see cref="IModelHost.EmbedAsync"/>: prefix, tokens, queue, norm. Thread-safe.</summary>
internal sealed class TextEmbedder(RunningEncoder encoder, EmbeddingPrefixes prefixes) : IAsyncDisposable
{
    // Below this, changing threads costs more than the tokens.
    private const int TextsOnCallersThread = 4;

    public EmbeddingModelInfo Info => new(encoder.Facts.Name, encoder.Facts.Architecture, encoder.Queue.Width, encoder.Queue.MaxTokens);

    /// <inheritdoc cref="EncoderQueue.Passes"/>
    public long Passes => encoder.Queue.Passes;

    /// <inheritdoc cref="EncoderQueue.Problem"/>
    public string? Problem => encoder.Queue.Problem;

    /// <summary>Makes the encoder of a loaded model and adds it to the inference thread.</summary>
    /// <param name="model">Stays the caller's and must outlive this.</param>
    /// <param name="options">Prefixes and limits.</param>
    /// <param name="thread">Where the passes run.</param>
    /// <param name="time">Measures the passes.</param>
    /// <param name="isChatBusy">Whether the chat has something to compute; asked on the inference thread. Null: there is no chat.</param>
    /// <exception cref="ModelUnavailableException">It is a reranker, or there is not enough memory.</exception>
    public static async Task<TextEmbedder> StartAsync(
        LlamaModel model, LocalModelOptions options, InferenceThread thread, TimeProvider time, Func<bool>? isChatBusy = null)
    {
        var facts = EncoderFacts.Of(model.Metadata, model.Name, model.TrainedContext);
        if (facts.Pooling == EncoderPooling.Rank)
        {
            throw new ModelUnavailableException($"The model file '{model.FilePath}' is a reranker: it gives scores, not vectors.");
        }

        var encoder = await RunningEncoder.StartAsync(model, facts, options.EmbeddingMaxTokens, options, thread, time, isChatBusy);
        var known = EmbeddingPrefixes.Of(facts.Architecture, facts.Name, Path.GetFileNameWithoutExtension(model.FilePath));
        return new TextEmbedder(encoder, new(options.EmbeddingQueryPrefix ?? known.Query, options.EmbeddingPassagePrefix ?? known.Passage));
    }

    /// <summary>One vector of L2 norm 1 per text, in order.</summary>
    /// <remarks>
    /// A text that is too long is cut at its end, by tokens, and counted. An empty text has the vector of its prefix and the model's own begin and end tokens.
    /// Half a surrogate pair counts as U+FFFD.
    /// </remarks>
    /// <exception cref="ModelSaturatedException">Too much waits already.</exception>
    /// <exception cref="ModelUnavailableException">The model broke.</exception>
    public async Task<EmbeddingResult> EmbedAsync(IReadOnlyList<string> texts, EmbeddingPurpose purpose, CancellationToken cancellationToken)
    {
        var isUrgent = purpose == EmbeddingPurpose.Query;
        encoder.Queue.ThrowIfFull(isUrgent);
        var framed = texts.Count <= TextsOnCallersThread
            ? Frame(texts, Prefix(purpose), cancellationToken)
            : await Task.Run(() => Frame(texts, Prefix(purpose), cancellationToken), cancellationToken);
        var vectors = await encoder.Queue.RunAsync(Array.ConvertAll(framed, static text => text.Tokens), isUrgent, cancellationToken);
        foreach (var vector in vectors)
        {
            Normalise(vector);
        }

        var cut = framed.Count(static text => text.IsCut);
        EncoderTelemetry.Cut(cut, "embeddings");
        return new EmbeddingResult(vectors, framed.Sum(static text => (long)text.Tokens.Length), cut);
    }

    public ValueTask DisposeAsync() => encoder.DisposeAsync();

    /// <exception cref="ModelUnavailableException">The vector is zero.</exception>
    internal static void Normalise(Span<float> vector)
    {
        var squares = 0d;
        foreach (var value in vector)
        {
            squares += (double)value * value;
        }

        if (squares is not (> 0 and < double.PositiveInfinity))
        {
            throw new ModelUnavailableException("The model gave a vector without a direction; the file is probably damaged.");
        }

        var norm = Math.Sqrt(squares);
        foreach (ref var value in vector)
        {
            value = (float)(value / norm);
        }
    }

    private string Prefix(EmbeddingPurpose purpose) => purpose switch
    {
        EmbeddingPurpose.Query => prefixes.Query,
        EmbeddingPurpose.Passage => prefixes.Passage,
        _ => "",
    };

    private FramedText[] Frame(IReadOnlyList<string> texts, string prefix, CancellationToken cancellationToken)
    {
        var framed = new FramedText[texts.Count];
        for (var at = 0; at < framed.Length; at++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            framed[at] = encoder.Tokens.Frame(prefix, texts[at]);
        }

        return framed;
    }
}
