using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Embeddings;

/// <summary>An encoder whose vector is a number made of the text's tokens in order, and which keeps the rules that native code would enforce by an abort.</summary>
internal sealed class FakeEncoder(int batchTokens = 32, int maxTokens = 32, int maxTexts = 8, bool canSplit = false) : IEncoder
{
    private readonly Dictionary<int, (int Next, double Value)> _begun = [];

    public int MaxTokens => maxTokens;

    public int BatchTokens => batchTokens;

    public int MaxTexts => maxTexts;

    public int Width => 1;

    public bool CanSplit => canSplit;

    /// <summary>First tokens of the texts of each pass.</summary>
    public List<int[]> Passes { get; } = [];

    /// <summary>Tokens of each pass.</summary>
    public List<int> Sizes { get; } = [];

    public bool IsDisposed { get; private set; }

    /// <summary>Asked before each pass; Ok: the pass is computed.</summary>
    public Func<IReadOnlyList<EncoderPiece>, DecodeStatus> Answer { get; set; } = static _ => DecodeStatus.Ok;

    public Action? Before { get; set; }

    public static float Expected(int[] tokens) => (float)tokens.Aggregate(0d, Next);

    /// <summary>A rule that was broken; the queue takes the exception for one of native code.</summary>
    public Exception? Mistake { get; private set; }

    public DecodeStatus Encode(IReadOnlyList<EncoderPiece> pieces, Span<float[]?> results)
    {
        try
        {
            return Checked(pieces, results);
        }
        catch (Exception exception) when (exception is Xunit.Sdk.IAssertionException)
        {
            Mistake = exception;
            throw;
        }
    }

    private DecodeStatus Checked(IReadOnlyList<EncoderPiece> pieces, Span<float[]?> results)
    {
        Assert.False(IsDisposed);
        Before?.Invoke();
        Assert.InRange(pieces.Count, 1, maxTexts);
        Assert.InRange(pieces.Sum(piece => piece.Count), 1, batchTokens);
        Assert.Equal(pieces.Count, pieces.Select(piece => piece.Sequence).Distinct().Count());
        Assert.All(pieces, piece => Assert.InRange(piece.Sequence, 0, maxTexts - 1));
        Passes.Add([.. pieces.Select(piece => piece.Tokens[0])]);
        Sizes.Add(pieces.Sum(piece => piece.Count));
        if (Answer(pieces) is var status and not DecodeStatus.Ok)
        {
            return status;
        }

        for (var at = 0; at < pieces.Count; at++)
        {
            var piece = pieces[at];
            var (next, value) = _begun.GetValueOrDefault(piece.Sequence);
            Assert.Equal(next, piece.Start);
            Assert.True(canSplit || piece is { Start: 0, Ends: true });
            value = piece.Tokens.AsSpan(piece.Start, piece.Count).ToArray().Aggregate(value, Next);
            results[at] = piece.Ends ? [(float)value] : null;
            _begun.Remove(piece.Sequence);
            if (!piece.Ends)
            {
                _begun[piece.Sequence] = (piece.Start + piece.Count, value);
            }
        }

        return DecodeStatus.Ok;
    }

    public void Clear() => _begun.Clear();

    public void Dispose() => IsDisposed = true;

    // Depends on the order, and stays small.
    private static double Next(double value, int token) => ((value * 31) + token + 1) % 99_991;
}
