using SmartService.Inference.Hosting;
using SmartService.Inference.Sampling;

namespace SmartService.Inference.Engine;

/// <summary>
/// Scores the options of a closed choice: the sum of the log-probabilities of each one's tokens. The first token of every option is
/// read off the row of the text before it; of a longer option all tokens but the last are computed, on a copy of the sequence. One
/// that does not fit a step goes on in the next. The best copy becomes the request's own sequence, so nothing is computed twice.
/// </summary>
internal sealed class ChoiceScoring(IReadOnlyList<int[]> options)
{
    private readonly double[] _scores = new double[options.Count];
    private readonly int[] _scored = new int[options.Count];
    private int _finished;

    public IReadOnlyList<int[]> Options => options;

    /// <summary>Whether the row before the options was read. Until then their copies would have nothing to start from.</summary>
    public bool HasStarted { get; private set; }

    public bool IsDecided => HasStarted && _finished == options.Count;

    /// <summary>Copies that are being computed, by option.</summary>
    public CachedSequence?[] Branches { get; } = new CachedSequence?[options.Count];

    public ReadOnlySpan<double> Scores => _scores;

    public int Best
    {
        get
        {
            var best = 0;
            for (var option = 1; option < _scores.Length; option++)
            {
                best = _scores[option] > _scores[best] || double.IsNaN(_scores[best]) ? option : best;
            }

            return best;
        }
    }

    /// <summary>Takes the row that says what follows the text so far.</summary>
    public void Start(ReadOnlySpan<float> row)
    {
        HasStarted = true;
        var normalizer = Normalizer(row);
        for (var option = 0; option < options.Count; option++)
        {
            Score(option, row, normalizer);
        }
    }

    /// <summary>Tokens of the option that have to be computed, counted from its first.</summary>
    public int Length(int option) => Math.Max(0, options[option].Length - 1);

    /// <summary>How many of them are.</summary>
    public int Done(int option) => Math.Max(0, _scored[option] - 1);

    public bool IsFinished(int option) => _scored[option] >= options[option].Length;

    /// <summary>Takes the row after the next token of the option.</summary>
    public void Advance(int option, ReadOnlySpan<float> row) => Score(option, row, Normalizer(row));

    /// <summary>Takes out the copies of options that are finished and not the best of the finished ones.</summary>
    public IEnumerable<CachedSequence> FinishedLosers()
    {
        var best = -1;
        for (var option = 0; option < options.Count; option++)
        {
            best = IsFinished(option) && (best < 0 || _scores[option] > _scores[best]) ? option : best;
        }

        for (var option = 0; option < options.Count; option++)
        {
            if (option != best && IsFinished(option) && Branches[option] is { } loser)
            {
                Branches[option] = null;
                yield return loser;
            }
        }
    }

    /// <summary>The copies are gone: begins again at the row before the options.</summary>
    public void Restart()
    {
        HasStarted = false;
        _finished = 0;
        Array.Clear(_scores);
        Array.Clear(_scored);
        Array.Clear(Branches);
    }

    /// <exception cref="ModelUnavailableException">The row holds numbers that are not finite: every option would look alike, and the first one would win.</exception>
    private static double Normalizer(ReadOnlySpan<float> row) => LogSoftmax.Normalizer(row) is var normalizer && double.IsFinite(normalizer)
        ? normalizer
        : throw new ModelUnavailableException("The model computed no usable scores of a choice: its numbers are not finite.");

    private void Score(int option, ReadOnlySpan<float> row, double normalizer)
    {
        if (!IsFinished(option))
        {
            _scores[option] += row[options[option][_scored[option]++]] - normalizer;
        }

        _finished += IsFinished(option) ? 1 : 0;
    }
}
