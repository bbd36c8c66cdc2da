namespace SmartService.Inference.Constraints;

/// <summary>
/// The content of a JSON string and its closing quotation mark: strict UTF-8 (no overlong forms, no surrogates), no raw control
/// characters, all escapes of RFC 8259, and a number of code points between two limits.
/// </summary>
internal sealed class FreeString
{
    private readonly FreeStringNode?[]?[] _nodes;
    private readonly Node _empty;

    public FreeString(int least, int most, Node empty)
    {
        (Least, Most, _empty) = (least, most, empty);
        _nodes = new FreeStringNode?[most + 1][];
    }

    public int Least { get; }

    public int Most { get; }

    public FreeStringNode Root => At(0, Position.Character);

    /// <summary>
    /// The node that differs from <paramref name="node"/> only in a count that no token of at most <paramref name="reach"/> characters can
    /// exhaust: what may come next is the same, and is computed once for all of a long string.
    /// </summary>
    public FreeStringNode Alike(FreeStringNode node, int reach)
    {
        if (Most - node.Count <= reach)
        {
            return node;
        }

        return Least - node.Count > reach ? At(node.Position == Position.Character ? 0 : 1, node.Position)
            : node.Count > Least ? At(Least + (node.Position == Position.Character ? 0 : 1), node.Position)
            : node;
    }

    public void First(FreeStringNode node, ref ByteSet set)
    {
        for (var value = 0; value < 256; value++)
        {
            if (Next(node, (byte)value) != Position.None)
            {
                set.Add((byte)value);
            }
        }
    }

    public Node? After(FreeStringNode node, byte value)
    {
        var next = Next(node, value);
        return next switch
        {
            Position.None => null,
            Position.End => _empty,
            // A character counts from its first byte on.
            _ => At(node.Position == Position.Character ? node.Count + 1 : node.Count, next),
        };
    }

    /// <summary>The node after so many begun characters. Like all that makes nodes, only one thread at a time.</summary>
    public FreeStringNode At(int count, Position position)
    {
        var row = _nodes[count] ??= new FreeStringNode?[(int)Position.LowSurrogateSecond + 1];
        return row[(int)position] ??= new FreeStringNode(this, count, position);
    }

    private Position Next(FreeStringNode node, byte value) => node.Position switch
    {
        Position.Character => value == '"' ? (node.Count >= Least ? Position.End : Position.None)
            : node.Count >= Most ? Position.None
            : FirstOf(value),
        Position.Tail1 => In(value, 0x80, 0xBF, Position.Character),
        Position.Tail2 => In(value, 0x80, 0xBF, Position.Tail1),
        Position.Tail3 => In(value, 0x80, 0xBF, Position.Tail2),
        Position.AfterE0 => In(value, 0xA0, 0xBF, Position.Tail1),
        Position.AfterED => In(value, 0x80, 0x9F, Position.Tail1),
        Position.AfterF0 => In(value, 0x90, 0xBF, Position.Tail2),
        Position.AfterF4 => In(value, 0x80, 0x8F, Position.Tail2),
        Position.Escape => value == 'u' ? Position.Hex4 : "\"\\/bfnrt"u8.Contains(value) ? Position.Character : Position.None,
        Position.Hex4 => IsHex(value) ? ((value | 0x20) == 'd' ? Position.HexAfterD : Position.Hex3) : Position.None,
        Position.Hex3 => Hex(value, Position.Hex2),
        Position.Hex2 => Hex(value, Position.Hex1),
        Position.Hex1 => Hex(value, Position.Character),
        // D800 to DBFF must be followed by DC00 to DFFF.
        Position.HexAfterD => value is >= (byte)'0' and <= (byte)'7' ? Position.Hex2
            : value is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'A' or (byte)'b' or (byte)'B' ? Position.HighSurrogate2 : Position.None,
        Position.HighSurrogate2 => Hex(value, Position.HighSurrogate1),
        Position.HighSurrogate1 => Hex(value, Position.LowSurrogateEscape),
        Position.LowSurrogateEscape => value == '\\' ? Position.LowSurrogateU : Position.None,
        Position.LowSurrogateU => value == 'u' ? Position.LowSurrogateFirst : Position.None,
        Position.LowSurrogateFirst => (value | 0x20) == 'd' ? Position.LowSurrogateSecond : Position.None,
        Position.LowSurrogateSecond => (value | 0x20) is >= 'c' and <= 'f' ? Position.Hex2 : Position.None,
        _ => Position.None,
    };

    private static Position FirstOf(byte value) => value switch
    {
        (byte)'\\' => Position.Escape,
        < 0x20 => Position.None,
        < 0x80 => Position.Character,
        < 0xC2 => Position.None,
        < 0xE0 => Position.Tail1,
        0xE0 => Position.AfterE0,
        0xED => Position.AfterED,
        < 0xF0 => Position.Tail2,
        0xF0 => Position.AfterF0,
        < 0xF4 => Position.Tail3,
        0xF4 => Position.AfterF4,
        _ => Position.None,
    };

    private static Position In(byte value, byte first, byte last, Position next) => value >= first && value <= last ? next : Position.None;

    private static Position Hex(byte value, Position next) => IsHex(value) ? next : Position.None;

    private static bool IsHex(byte value) => char.IsAsciiHexDigit((char)value);
}

/// <summary>Where inside a string the text stands.</summary>
internal enum Position : byte
{
    None,
    End,

    /// <summary>Between two characters.</summary>
    Character,
    Tail1,
    Tail2,
    Tail3,
    AfterE0,
    AfterED,
    AfterF0,
    AfterF4,
    Escape,
    Hex4,
    Hex3,
    Hex2,
    Hex1,
    HexAfterD,
    HighSurrogate2,
    HighSurrogate1,
    LowSurrogateEscape,
    LowSurrogateU,
    LowSurrogateFirst,
    LowSurrogateSecond,
}

/// <summary>The rest of a string of which <paramref name="count"/> characters were begun.</summary>
internal sealed class FreeStringNode(FreeString language, int count, Position position) : Terminal
{
    public FreeString Language => language;

    public int Count => count;

    public Position Position => position;

    public override void First(ref ByteSet set) => language.First(this, ref set);

    public override Node? After(byte value) => language.After(this, value);
}
