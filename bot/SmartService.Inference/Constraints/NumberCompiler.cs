using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace SmartService.Inference.Constraints;

/// <summary>Compiles numbers with their limits, exactly: limits are read as decimal text, never as floating point.</summary>
internal static class NumberCompiler
{
    // A limit such as 1e999999999 must not be spelled out.
    private const int MaxExponent = 400;

    public static Node Any => Range(null, null, isWhole: false, SchemaLimits.FractionDigits);

    /// <summary>Formats of OpenAPI that describe numbers.</summary>
    public static bool IsFormat(string name) => name is "int32" or "int64" or "float" or "double";

    public static Node Compile(SchemaKeywords keywords, bool isWhole, string path)
    {
        var fraction = isWhole ? 0 : SchemaLimits.FractionDigits;
        if (keywords.Get("multipleOf") is { } multiple)
        {
            fraction = Math.Min(fraction, Fraction(SchemaKeywords.Expect(multiple, JsonValueKind.Number, "multipleOf", path).GetRawText(), path));
        }

        BigInteger? low = null;
        BigInteger? high = null;
        foreach (var keyword in (string[])["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"])
        {
            if (keywords.Get(keyword) is not { } limit)
            {
                continue;
            }

            var (floor, isExact) = Scaled(SchemaKeywords.Expect(limit, JsonValueKind.Number, keyword, path).GetRawText(), fraction);
            var isExclusive = keyword[0] == 'e';
            if (keyword.EndsWith("inimum", StringComparison.Ordinal))
            {
                var least = isExact && !isExclusive ? floor : floor + 1;
                low = low is { } known ? BigInteger.Max(known, least) : least;
            }
            else
            {
                var most = isExact && isExclusive ? floor - 1 : floor;
                high = high is { } known ? BigInteger.Min(known, most) : most;
            }
        }

        if (isWhole && keywords.Get("format") is { ValueKind: JsonValueKind.String } format && format.GetString() == "int32")
        {
            low = BigInteger.Max(low ?? int.MinValue, int.MinValue);
            high = BigInteger.Min(high ?? int.MaxValue, int.MaxValue);
        }

        return Range(low, high, isWhole, fraction);
    }

    private static NumberNode Range(BigInteger? low, BigInteger? high, bool isWhole, int fraction)
    {
        var digits = isWhole ? SchemaLimits.WholeDigits : SchemaLimits.NumberDigits;
        var limit = BigInteger.Pow(10, digits + fraction) - 1;
        // Limits are checked before they are narrowed: a range wholly outside of what is written is empty.
        var least = BigInteger.Max(low ?? -limit, -limit);
        var most = BigInteger.Min(high ?? limit, limit);
        return least <= most
            ? new NumberRange((Int128)least, (Int128)most, fraction).Root
            : throw new ShapeException($"No number of at most {digits} digits satisfies minimum and maximum of the schema.");
    }

    // 1, 0.1, 0.01 … are digits after the point.
    private static int Fraction(string text, string path)
    {
        for (var fraction = 0; fraction <= SchemaLimits.FractionDigits; fraction++)
        {
            if (Scaled(text, fraction) is { IsExact: true, Floor.IsOne: true })
            {
                return fraction;
            }
        }

        throw new ShapeException($"'multipleOf' at {path} is not 1, 0.1, 0.01 or a further such power, which is not supported.");
    }

    // The number times 10 to the power of shift, rounded down.
    private static (BigInteger Floor, bool IsExact) Scaled(string text, int shift)
    {
        var mantissa = text.AsSpan();
        BigInteger exponent = shift;
        if (text.Length > MaxExponent)
        {
            throw new ShapeException($"A number of the schema has more than {MaxExponent} digits.");
        }

        if (mantissa.IndexOfAny('e', 'E') is >= 0 and var at)
        {
            exponent += BigInteger.Parse(mantissa[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            mantissa = mantissa[..at];
        }

        var point = mantissa.IndexOf('.');
        exponent -= point < 0 ? 0 : mantissa.Length - point - 1;
        var digits = BigInteger.Parse(mantissa.ToString().Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (digits.IsZero)
        {
            return (0, true);
        }

        if (exponent >= 0)
        {
            return (digits * BigInteger.Pow(10, (int)BigInteger.Min(exponent, MaxExponent)), true);
        }

        var divisor = BigInteger.Pow(10, (int)BigInteger.Min(-exponent, 2 * MaxExponent));
        var floor = BigInteger.DivRem(digits, divisor, out var rest);
        return (rest.Sign < 0 ? floor - 1 : floor, rest.IsZero);
    }
}
