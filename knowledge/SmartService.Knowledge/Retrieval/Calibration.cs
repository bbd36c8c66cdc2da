using System.Text.Json;
using System.Text.Json.Serialization;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Retrieval;

/// <summary>
/// Logistic regression from <see cref="Features"/> to the probability that a question is answered, with the threshold
/// that reaches a target precision on labelled questions. The one in use is the embedded <c>calibration.json</c>.
/// </summary>
public sealed record Calibration(IReadOnlyDictionary<string, double> Weights, double Bias, double Threshold)
{
    /// <summary>What <see cref="HybridRetriever"/> uses.</summary>
    public static Calibration Embedded { get; } = Load();

    /// <summary>The probability that evidence with these features answers the question.</summary>
    public double Probability(Features features)
    {
        var values = features.ToArray();
        var sum = Bias;
        for (var i = 0; i < values.Length; i++)
        {
            sum += Weights.GetValueOrDefault(Features.Names[i]) * values[i];
        }

        return 1 / (1 + Math.Exp(-sum));
    }

    /// <summary>
    /// Fits weights on labelled questions, then chooses the best balanced threshold whose held-out precision (ten folds) reaches
    /// the target. Equal samples give equal weights.
    /// </summary>
    public static Calibration Fit(IReadOnlyList<(Features Features, bool Answered)> samples, double targetPrecision = 0.95, double ridge = 0.1)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (samples.Count == 0)
        {
            throw new ArgumentException("There is nothing to fit on.", nameof(samples));
        }

        const int Folds = 10;
        var heldOut = new List<(double Probability, bool Answered)>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var model = FitWeights([.. samples.Where((_, i) => i % Folds != fold)], ridge);
            heldOut.AddRange(samples.Where((_, i) => i % Folds == fold).Select(sample => (model.Probability(sample.Features), sample.Answered)));
        }

        return FitWeights(samples, ridge) with { Threshold = ChooseThreshold(heldOut, targetPrecision) };
    }

    /// <summary>As it is stored.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, CalibrationJson.Default.Calibration);

    /// <summary>
    /// The threshold with the best mean of rightly answered and rightly refused among those that reach the precision; when none
    /// does, the most precise.
    /// </summary>
    internal static double ChooseThreshold(IReadOnlyList<(double Probability, bool Answered)> predictions, double targetPrecision)
    {
        var ordered = predictions.OrderByDescending(prediction => prediction.Probability).ToList();
        var (answerable, right) = (Math.Max(1, ordered.Count(prediction => prediction.Answered)), 0);
        var others = Math.Max(1, ordered.Count - answerable);
        var (threshold, best) = (1.0, (Reaches: false, Worth: 0.0));
        for (var i = 0; i < ordered.Count; i++)
        {
            right += ordered[i].Answered ? 1 : 0;
            var precision = (double)right / (i + 1);
            var reaches = precision >= targetPrecision;
            var worth = reaches ? ((double)right / answerable) + 1 - ((double)(i + 1 - right) / others) : precision;
            if ((reaches, worth).CompareTo(best) > 0)
            {
                var next = i + 1 < ordered.Count ? ordered[i + 1].Probability : 0;
                (threshold, best) = ((ordered[i].Probability + next) / 2, (reaches, worth));
            }
        }

        return threshold;
    }

    private static Calibration FitWeights(IReadOnlyList<(Features Features, bool Answered)> samples, double ridge)
    {
        var rows = samples.Select(sample => (double[])[1, .. sample.Features.ToArray()]).ToArray();
        var size = rows[0].Length;
        var weights = new double[size];
        // Newton's method; the ridge keeps it stable when a feature is constant or separates perfectly.
        for (var round = 0; round < 30; round++)
        {
            var gradient = new double[size];
            var hessian = new double[size, size];
            for (var n = 0; n < rows.Length; n++)
            {
                var row = rows[n];
                var p = 1 / (1 + Math.Exp(-row.Zip(weights, (x, w) => x * w).Sum()));
                for (var i = 0; i < size; i++)
                {
                    gradient[i] += (p - (samples[n].Answered ? 1 : 0)) * row[i];
                    for (var j = 0; j < size; j++)
                    {
                        hessian[i, j] += p * (1 - p) * row[i] * row[j];
                    }
                }
            }

            for (var i = 0; i < size; i++)
            {
                gradient[i] += i == 0 ? 0 : ridge * weights[i];
                hessian[i, i] += i == 0 ? 1e-6 : ridge;
            }

            var step = Solve(hessian, gradient);
            for (var i = 0; i < size; i++)
            {
                weights[i] -= step[i];
            }
        }

        return new Calibration(
            Features.Names.Select((name, i) => (name, weight: Math.Round(weights[i + 1], 4))).ToDictionary(pair => pair.name, pair => pair.weight, StringComparer.Ordinal),
            Math.Round(weights[0], 4),
            0.5);
    }

    /// <summary>Gaussian elimination with pivoting.</summary>
    private static double[] Solve(double[,] matrix, double[] right)
    {
        var size = right.Length;
        var a = (double[,])matrix.Clone();
        var b = (double[])right.Clone();
        for (var column = 0; column < size; column++)
        {
            var pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(a[row, column]));
            for (var k = 0; k < size; k++)
            {
                (a[column, k], a[pivot, k]) = (a[pivot, k], a[column, k]);
            }

            (b[column], b[pivot]) = (b[pivot], b[column]);
            for (var row = column + 1; row < size; row++)
            {
                var factor = a[row, column] / a[column, column];
                for (var k = column; k < size; k++)
                {
                    a[row, k] -= factor * a[column, k];
                }

                b[row] -= factor * b[column];
            }
        }

        var result = new double[size];
        for (var row = size - 1; row >= 0; row--)
        {
            var sum = b[row];
            for (var k = row + 1; k < size; k++)
            {
                sum -= a[row, k] * result[k];
            }

            result[row] = sum / a[row, row];
        }

        return result;
    }

    private static Calibration Load()
    {
        using var stream = Resource.Open("calibration.json");
        return JsonSerializer.Deserialize(stream, CalibrationJson.Default.Calibration)!;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(Calibration))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
