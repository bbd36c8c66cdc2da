using System.Numerics;

namespace SmartService.Inference.Sampling;

/// <summary>Log-probabilities of a row of logits, for scoring given texts.</summary>
internal static class LogSoftmax
{
    /// <summary>Lanes are summed as floats for so long only, then as doubles: 152,000 terms in one float lose the third digit.</summary>
    private const int Block = 2048;

    /// <summary>log Σ exp(logit), to be subtracted from a logit; NaN when the row holds NaN or no finite value.</summary>
    public static double Normalizer(ReadOnlySpan<float> row)
    {
        var max = Max(row);
        if (!float.IsFinite(max))
        {
            return double.NaN;
        }

        var sum = 0.0;
        for (var start = 0; start < row.Length; start += Block)
        {
            sum += SumOfExponentials(row.Slice(start, Math.Min(Block, row.Length - start)), max);
        }

        return max + Math.Log(sum);
    }

    /// <summary>Probabilities from log-scores, summing to 1; minus infinity and NaN become 0. Equal ones when nothing is finite.</summary>
    public static float[] Probabilities(ReadOnlySpan<double> scores)
    {
        var max = double.NegativeInfinity;
        foreach (var score in scores)
        {
            max = score > max ? score : max;
        }

        var probabilities = new float[scores.Length];
        if (!double.IsFinite(max))
        {
            Array.Fill(probabilities, 1f / scores.Length);
            return probabilities;
        }

        var sum = 0.0;
        foreach (var score in scores)
        {
            sum += double.IsNaN(score) ? 0 : Math.Exp(score - max);
        }

        for (var at = 0; at < scores.Length; at++)
        {
            probabilities[at] = double.IsNaN(scores[at]) ? 0 : (float)(Math.Exp(scores[at] - max) / sum);
        }

        return probabilities;
    }

    private static float Max(ReadOnlySpan<float> row)
    {
        var max = float.NegativeInfinity;
        var at = 0;
        for (; at <= row.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            var values = new Vector<float>(row[at..]);
            if (Vector.GreaterThanAny(values, new Vector<float>(max)))
            {
                for (var lane = 0; lane < Vector<float>.Count; lane++)
                {
                    max = values[lane] > max ? values[lane] : max;
                }
            }
        }

        for (; at < row.Length; at++)
        {
            max = row[at] > max ? row[at] : max;
        }

        return max;
    }

    private static double SumOfExponentials(ReadOnlySpan<float> row, float max)
    {
        var lanes = Vector<float>.Zero;
        var at = 0;
        for (; at <= row.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            lanes += Vector.Exp(new Vector<float>(row[at..]) - new Vector<float>(max));
        }

        var sum = (double)Vector.Sum(lanes);
        for (; at < row.Length; at++)
        {
            sum += MathF.Exp(row[at] - max);
        }

        return sum;
    }
}
