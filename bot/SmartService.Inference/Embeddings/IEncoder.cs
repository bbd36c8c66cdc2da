using SmartService.Inference.Engine;

namespace SmartService.Inference.Embeddings;

/// <summary>
/// One model's context that turns texts into vectors or scores, several in one pass. Used by one thread. A text is a sequence;
/// what a sequence has computed is forgotten when its text has ended.
/// </summary>
internal interface IEncoder : IDisposable
{
    /// <summary>The most tokens of one text, the model's own begin and end tokens included.</summary>
    int MaxTokens { get; }

    /// <summary>The most tokens of one pass; at least <see cref="MaxTokens"/>, unless a text can be split.</summary>
    int BatchTokens { get; }

    /// <summary>Sequence ids are 0 up to this, exclusive.</summary>
    int MaxTexts { get; }

    /// <summary>Numbers of one result: the vector's dimensions, or 1 for a score.</summary>
    int Width { get; }

    /// <summary>
    /// Whether a text may come in pieces over several passes. True for models that look back only; one that looks both ways needs the
    /// whole text at once.
    /// </summary>
    bool CanSplit { get; }

    /// <summary>
    /// Computes the pieces in one pass, at most one per sequence, and puts the result of each text that ends in its place in
    /// <paramref name="results"/>: <see cref="Width"/> numbers, as the model gives them (vectors are not normalised).
    /// </summary>
    /// <exception cref="ArgumentException">The pieces break a limit, or do not continue their sequence: a mistake of ours that native code would answer with an abort.</exception>
    DecodeStatus Encode(IReadOnlyList<EncoderPiece> pieces, Span<float[]?> results);

    /// <summary>Forgets texts that have not ended.</summary>
    void Clear();
}

/// <summary>Tokens <paramref name="Start"/> to <paramref name="Start"/> + <paramref name="Count"/> of a text.</summary>
internal readonly record struct EncoderPiece(int Sequence, int[] Tokens, int Start, int Count)
{
    public bool Ends => Start + Count == Tokens.Length;
}
