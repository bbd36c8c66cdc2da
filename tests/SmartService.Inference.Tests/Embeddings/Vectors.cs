namespace SmartService.Inference.Tests.Embeddings;

internal static class Vectors
{
    public static double Cosine(IReadOnlyList<float> one, IReadOnlyList<float> other) =>
        Dot(one, other) / Math.Sqrt(Dot(one, one) * Dot(other, other));

    public static double Cosine(IReadOnlyList<float> one, IReadOnlyList<double> other) => Cosine(one, [.. other.Select(value => (float)value)]);

    /// <summary>The largest difference of two numbers in the same place.</summary>
    public static double Difference(IReadOnlyList<float> one, IReadOnlyList<float> other) => one.Select((value, at) => Math.Abs((double)value - other[at])).Max();

    private static double Dot(IReadOnlyList<float> one, IReadOnlyList<float> other) => one.Select((value, at) => (double)value * other[at]).Sum();
}
