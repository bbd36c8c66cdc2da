using SmartService.Inference.Engine;

namespace SmartService.Inference.Tests.Engine;

/// <summary>
/// Notes, for a request that is alone, which token won each row and by how much. Real models compute other last bits in other batch
/// shapes (llama-cpp.md b.7), so where two texts part, the question is whether the row there was a near tie.
/// </summary>
internal sealed class RecordingDecoder(IDecoder inner) : IDecoder
{
    private readonly List<(int Token, float Margin)> _rows = [];

    public Vocabulary Vocabulary => inner.Vocabulary;

    public int Cells => inner.Cells;

    public int ContextTokens => inner.ContextTokens;

    public int BatchTokens => inner.BatchTokens;

    public int MaxOutputs => inner.MaxOutputs;

    public int MaxSequences => inner.MaxSequences;

    public bool CanTrim => inner.CanTrim;

    /// <summary>Forgets what was noted, for the next request.</summary>
    public void Restart() => _rows.Clear();

    /// <summary>By how much the rows were won that decided the first character in which the other text differs; null: they are equal.</summary>
    public float? MarginWhereDifferent(string alone, string other)
    {
        if (alone == other)
        {
            return null;
        }

        var common = alone.AsSpan().CommonPrefixLength(other);
        var decoder = System.Text.Encoding.UTF8.GetDecoder();
        var (before, smallest) = (0, float.MaxValue);
        foreach (var (token, margin) in _rows)
        {
            // A character may be of several tokens; all that had a part in it count.
            var after = before + decoder.GetChars(Vocabulary.Bytes(token), new char[256], flush: false);
            smallest = before <= common && after >= common ? Math.Min(smallest, margin) : smallest;
            before = after;
        }

        return smallest;
    }

    public DecodeStatus Decode(DecodeBatch batch) => inner.Decode(batch);

    public Span<float> Logits(int row)
    {
        var logits = inner.Logits(row);
        var (best, second) = (0, -1);
        for (var token = 1; token < logits.Length; token++)
        {
            if (logits[token] > logits[best])
            {
                (best, second) = (token, best);
            }
            else if (second < 0 || logits[token] > logits[second])
            {
                second = token;
            }
        }

        _rows.Add((best, logits[best] - logits[second]));
        return logits;
    }

    public void Copy(int from, int to, int start, int end) => inner.Copy(from, to, start, end);

    public bool Remove(int sequence, int start, int end) => inner.Remove(sequence, start, end);

    public int LastPosition(int sequence) => inner.LastPosition(sequence);

    public void Clear() => inner.Clear();

    public void Abort() => inner.Abort();

    public void ResetAbort() => inner.ResetAbort();

    public void Dispose() => inner.Dispose();
}
