using SmartService.Inference.Hosting;

namespace SmartService.Inference.Embeddings;

/// <summary>What the host does for <see cref="IModelHost.EmbedAsync"/>: prefix, tokens, queue, norm. Thread-safe.</summary>
internal sealed class TextEmbedder(TextTokens tokens, EmbeddingPrefixes prefixes, EncoderQueue queue)
{
    // Below this, changing threads costs more than the tokens.
    private const int TextsOnCallersThread = 4;

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
        queue.ThrowIfFull(isUrgent);
        var framed = texts.Count <= TextsOnCallersThread
            ? Frame(texts, Prefix(purpose), cancellationToken)
            : await Task.Run(() => Frame(texts, Prefix(purpose), cancellationToken), cancellationToken);
        var vectors = await queue.RunAsync(Array.ConvertAll(framed, static text => text.Tokens), isUrgent, cancellationToken);
        foreach (var vector in vectors)
        {
            Normalise(vector);
        }

        var cut = framed.Count(static text => text.IsCut);
        EncoderTelemetry.Cut(cut, "embeddings");
        return new EmbeddingResult(vectors, framed.Sum(static text => (long)text.Tokens.Length), cut);
    }

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
            framed[at] = tokens.Frame(prefix, texts[at]);
        }

        return framed;
    }
}
