using SmartService.Inference.Engine;

namespace SmartService.Inference.Native;

/// <summary>
/// The rules that llama.cpp answers with an abort of the process, or with wrong text, when they are broken (llama-cpp.md b.6
/// and b.9). A check costs nanoseconds.
/// </summary>
internal sealed class BatchRules(int vocabulary, int batchTokens, int maxOutputs, int maxSequences, int contextTokens)
{
    // Position that the next token of each sequence must have, valid where the mark is that of the current check.
    private readonly int[] _next = new int[maxSequences];
    private readonly int[] _mark = new int[maxSequences];
    private int _check;

    /// <summary>Checks a batch; <paramref name="lastPosition"/> gives the last position of a sequence in the cache, or -1.</summary>
    /// <exception cref="ArgumentException">A rule is broken; the message says which.</exception>
    public void Check(DecodeBatch batch, Func<int, int> lastPosition)
    {
        if (batch.Count > batchTokens)
        {
            throw new ArgumentException($"The batch has {batch.Count} tokens; at most {batchTokens}.", nameof(batch));
        }

        if (batch.Outputs > maxOutputs)
        {
            throw new ArgumentException($"The batch wants {batch.Outputs} rows of logits; at most {maxOutputs}.", nameof(batch));
        }

        _check++;
        for (var row = 0; row < batch.Count; row++)
        {
            var (token, position, sequence) = (batch.Tokens[row], batch.Positions[row], batch.Sequences[row]);
            if ((uint)token >= (uint)vocabulary)
            {
                throw new ArgumentException($"Row {row} has token {token}; the vocabulary has {vocabulary}.", nameof(batch));
            }

            CheckSequence(sequence, nameof(batch));
            if (_mark[sequence] != _check)
            {
                (_mark[sequence], _next[sequence]) = (_check, lastPosition(sequence) + 1);
            }

            if (position != _next[sequence])
            {
                throw new ArgumentException($"Row {row} has position {position} of sequence {sequence}; {_next[sequence]} is next.", nameof(batch));
            }

            if (position >= contextTokens)
            {
                throw new ArgumentException($"Row {row} has position {position}; a sequence has at most {contextTokens} tokens.", nameof(batch));
            }

            _next[sequence]++;
        }
    }

    public void CheckSequence(int sequence, string parameter)
    {
        if ((uint)sequence >= (uint)maxSequences)
        {
            throw new ArgumentException($"There is no sequence {sequence}; there are {maxSequences}.", parameter);
        }
    }
}
