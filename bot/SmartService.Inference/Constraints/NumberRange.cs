namespace SmartService.Inference.Constraints;

/// <summary>
/// JSON numbers between two limits, exactly, written plainly: no leading zeros, no "-0", no exponent, at least one and at most
/// <c>fraction</c> digits after a point. A number is followed digit by digit: a digit is allowed if some number in the range
/// begins so; prefixes that no longer touch a limit are one situation.
/// </summary>
internal sealed class NumberRange
{
    private readonly Int128 _low;
    private readonly Int128 _high;
    private readonly int _fraction;
    private readonly int _digits;
    private readonly Dictionary<NumberKey, NumberNode> _nodes = [];

    /// <param name="low">The least number, times 10 to the power of <paramref name="fraction"/>; inclusive.</param>
    /// <param name="high">The greatest, likewise.</param>
    /// <param name="fraction">The most digits after the point.</param>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    public NumberRange(Int128 low, Int128 high, int fraction)
    {
        if (low > high)
        {
            throw new ShapeException("No number satisfies minimum and maximum of the schema.");
        }

        (_low, _high, _fraction) = (low, high, fraction);
        var whole = Int128.Max(Int128.Abs(low), Int128.Abs(high)) / Power(fraction);
        _digits = Math.Max(1, whole.ToString(System.Globalization.CultureInfo.InvariantCulture).Length);
        Root = new NumberNode(this, new NumberKey(NumberPart.Start, false, 0, 0));
    }

    public NumberNode Root { get; }

    public bool CanStop(NumberKey key) => key.Part switch
    {
        NumberPart.Whole => IsInside(key, key.Value * Power(_fraction)),
        NumberPart.FreeWhole => ((ulong)key.Value & 1) != 0,
        NumberPart.Fraction => key.Count > 0 && IsInside(key, key.Value),
        NumberPart.FreeFraction => key.Value != 0,
        _ => false,
    };

    public Node? After(NumberKey key, byte value)
    {
        if (value == '-' && key.Part == NumberPart.Start)
        {
            return _low < 0 ? Node(new NumberKey(NumberPart.Sign, true, 0, 0)) : null;
        }

        if (value == '.')
        {
            return _fraction == 0 ? null : Point(key);
        }

        if (value is < (byte)'0' or > (byte)'9')
        {
            return null;
        }

        var digit = value - '0';
        return key.Part switch
        {
            NumberPart.Start or NumberPart.Sign => Whole(key, digit, 1),
            // Nothing but a point may follow a leading zero.
            NumberPart.Whole => key.Value == 0 ? null : Whole(key, (key.Value * 10) + digit, key.Count + 1),
            NumberPart.FreeWhole => key.Value >> 1 == 0 ? null : Node(key with { Value = key.Value >> 1 }),
            NumberPart.Fraction => key.Count == _fraction ? null : Fraction(key, key.Value + (digit * Power(_fraction - key.Count - 1)), key.Count + 1),
            NumberPart.FreeFraction => key.Count == _fraction ? null : Node(key with { Value = 1, Count = key.Count + 1 }),
            _ => null,
        };
    }

    private NumberNode? Whole(NumberKey key, Int128 value, int count)
    {
        if (count > _digits)
        {
            return null;
        }

        // Bit n: with n more digits every number of this beginning is inside.
        Int128 inside = 0;
        var isPartly = false;
        for (var more = 0; more <= (value == 0 ? 0 : _digits - count); more++)
        {
            var first = value * Power(more + _fraction);
            var last = first + Power(more + _fraction) - 1;
            if (IsInside(key, first) && IsInside(key, last))
            {
                inside |= Int128.One << more;
            }
            else if (Touches(key, first, last))
            {
                isPartly = true;
            }
        }

        return isPartly || (value == 0 && inside != 0) ? Node(new NumberKey(NumberPart.Whole, key.IsNegative, value, count))
            : inside != 0 ? Node(new NumberKey(NumberPart.FreeWhole, false, inside, 0))
            : null;
    }

    private NumberNode? Point(NumberKey key) => key.Part switch
    {
        NumberPart.Whole => Fraction(key, key.Value * Power(_fraction), 0),
        NumberPart.FreeWhole when ((ulong)key.Value & 1) != 0 => Node(new NumberKey(NumberPart.FreeFraction, false, 0, 0)),
        _ => null,
    };

    private NumberNode? Fraction(NumberKey key, Int128 value, int count)
    {
        var last = value + Power(_fraction - count) - 1;
        return IsInside(key, value) && IsInside(key, last) ? Node(new NumberKey(NumberPart.FreeFraction, false, count > 0 ? 1 : 0, count))
            : Touches(key, value, last) ? Node(new NumberKey(NumberPart.Fraction, key.IsNegative, value, count))
            : null;
    }

    // Magnitudes; a negative number has at least 1 in its last digit, so there is no "-0".
    private (Int128 Low, Int128 High) Limits(NumberKey key) => key.IsNegative ? (Int128.Max(1, -_high), -_low) : (Int128.Max(0, _low), _high);

    private bool IsInside(NumberKey key, Int128 magnitude)
    {
        var (low, high) = Limits(key);
        return low <= magnitude && magnitude <= high;
    }

    private bool Touches(NumberKey key, Int128 first, Int128 last)
    {
        var (low, high) = Limits(key);
        return first <= high && last >= low;
    }

    private NumberNode Node(NumberKey key)
    {
        if (!_nodes.TryGetValue(key, out var node))
        {
            node = new NumberNode(this, key);
            _nodes.Add(key, node);
        }

        return node;
    }

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (var count = 0; count < exponent; count++)
        {
            power *= 10;
        }

        return power;
    }
}

/// <summary>Where inside a number the text stands; the meaning of value and count depends on the part.</summary>
internal readonly record struct NumberKey(NumberPart Part, bool IsNegative, Int128 Value, int Count);

internal enum NumberPart
{
    Start,
    Sign,

    /// <summary>Digits before the point: their value, their count.</summary>
    Whole,

    /// <summary>As before, but only the number of digits matters: bit n of the value: n more are allowed.</summary>
    FreeWhole,

    /// <summary>After the point: the scaled value, the count of digits after the point.</summary>
    Fraction,

    /// <summary>As before, but the digits do not matter; value 1: it may end here.</summary>
    FreeFraction,
}

internal sealed class NumberNode(NumberRange range, NumberKey key) : Terminal
{
    public override bool CanStop => range.CanStop(key);

    public override void First(ref ByteSet set)
    {
        foreach (var value in "-.0123456789"u8)
        {
            if (range.After(key, value) is not null)
            {
                set.Add(value);
            }
        }
    }

    public override Node? After(byte value) => range.After(key, value);
}
