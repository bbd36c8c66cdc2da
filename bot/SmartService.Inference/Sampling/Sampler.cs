using SmartService.Inference.Constraints;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Sampling;

/// <summary>
/// Chooses the next token from a row of logits: penalties, top-k, top-p, min-p, temperature, draw. Only the best few dozen tokens are
/// looked at closely. Used by the inference thread only; allocates nothing per token.
/// </summary>
internal sealed class Sampler
{
    /// <summary>The most candidates; a larger top-k counts as this. Past a thousand the tail's probability is noise.</summary>
    public const int MaxTopK = 1024;

    /// <summary>The longest <see cref="SamplingSettings.PenaltyWindow"/>.</summary>
    public const int MaxPenaltyWindow = 4096;

    private const int DefaultTopK = 40;

    private readonly Vocabulary _vocabulary;
    private readonly int[] _ends;
    private readonly TopCandidates _candidates = new(MaxTopK);
    private readonly double[] _weights = new double[MaxTopK];
    private readonly int[] _recent = new int[MaxPenaltyWindow];
    private readonly bool[] _mask;

    public Sampler(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _mask = new bool[vocabulary.Count];
        _ends = [.. Enumerable.Range(0, vocabulary.Count).Where(vocabulary.IsEnd)];
    }

    /// <summary>The next token, or -1 when there is none: no logit is a number, or the constraint allows nothing.</summary>
    /// <remarks>
    /// <paramref name="logits"/>: the row; penalties change it.
    /// <paramref name="history"/>: prompt and output so far.
    /// </remarks>
    public int Sample(Span<float> logits, SamplingSettings settings, ref Xoshiro256 random, ReadOnlySpan<int> history, ITokenConstraint? constraint)
    {
        Penalize(logits, settings, history);
        var isGreedy = !(settings.Temperature > 0) || settings.TopK == 1;
        var wanted = settings.TopK <= 0 ? DefaultTopK : Math.Min(settings.TopK, MaxTopK);
        // A constraint leaves few of the best tokens, so it is shown more than one even when only one is wanted.
        _candidates.Scan(logits, constraint is not null ? Math.Max(wanted, DefaultTopK) : isGreedy ? 1 : wanted);
        if (constraint is not null)
        {
            Filter(constraint);
            if (_candidates.Count == 0)
            {
                ScanAllowed(logits, constraint, wanted);
            }

            _candidates.Keep(wanted);
        }

        return _candidates.Count == 0 ? -1 : isGreedy ? _candidates.Ids[0] : Draw(settings, ref random);
    }

    private static void Weigh(ReadOnlySpan<float> logits, double temperature, Span<double> weights)
    {
        for (var at = 0; at < logits.Length; at++)
        {
            // Plus infinity is certainty; inf - inf would be NaN.
            weights[at] = logits[at] == logits[0] ? 1 : Math.Exp(((double)logits[at] - logits[0]) / temperature);
        }
    }

    private int Draw(SamplingSettings settings, ref Xoshiro256 random)
    {
        var weights = _weights.AsSpan(0, _candidates.Count);
        Weigh(_candidates.Logits, 1, weights);
        var kept = KeepLikely(weights, settings);
        weights = weights[..kept];
        Weigh(_candidates.Logits[..kept], settings.Temperature, weights);
        var left = random.NextUnit() * Sum(weights);
        for (var at = 0; at < kept; at++)
        {
            left -= weights[at];
            if (left < 0)
            {
                return _candidates.Ids[at];
            }
        }

        return _candidates.Ids[kept - 1];
    }

    private static int KeepLikely(ReadOnlySpan<double> weights, SamplingSettings settings)
    {
        var kept = weights.Length;
        if (settings.TopP < 1)
        {
            var (wanted, reached) = (settings.TopP * Sum(weights), 0.0);
            for (var at = 0; at < kept; at++)
            {
                reached += weights[at];
                if (reached >= wanted)
                {
                    kept = at + 1;
                }
            }
        }

        while (kept > 1 && weights[kept - 1] < settings.MinP)
        {
            kept--;
        }

        return kept;
    }

    private static double Sum(ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private bool IsAllowed(ITokenConstraint constraint, int token) => _vocabulary.IsEnd(token) ? constraint.CanEnd : constraint.Allows(token);

    private void Filter(ITokenConstraint constraint)
    {
        var kept = 0;
        for (var at = 0; at < _candidates.Count; at++)
        {
            if (IsAllowed(constraint, _candidates.Ids[at]))
            {
                _candidates.Move(at, kept++);
            }
        }

        _candidates.Keep(kept);
    }

    private void ScanAllowed(ReadOnlySpan<float> logits, ITokenConstraint constraint, int wanted)
    {
        Array.Clear(_mask);
        constraint.Mask(_mask);
        foreach (var end in _ends)
        {
            _mask[end] = constraint.CanEnd;
        }

        _candidates.Scan(logits, wanted, _mask);
    }

    /// <summary>Touches only the tokens of the window: 64 instead of 152,000.</summary>
    private void Penalize(Span<float> logits, SamplingSettings settings, ReadOnlySpan<int> history)
    {
        var window = Math.Min(Math.Min(settings.PenaltyWindow, MaxPenaltyWindow), history.Length);
        if (window <= 0 || (settings.RepetitionPenalty == 1 && settings.FrequencyPenalty == 0 && settings.PresencePenalty == 0))
        {
            return;
        }

        var recent = _recent.AsSpan(0, window);
        history[^window..].CopyTo(recent);
        recent.Sort();
        for (var at = 0; at < window;)
        {
            var start = at;
            while (at < window && recent[at] == recent[start])
            {
                at++;
            }

            ref var logit = ref logits[recent[start]];
            logit = logit > 0 ? logit / settings.RepetitionPenalty : logit * settings.RepetitionPenalty;
            logit -= ((at - start) * settings.FrequencyPenalty) + settings.PresencePenalty;
        }
    }
}
