using System.Globalization;
using System.Text;

namespace SmartService.Inference.Constraints;

/// <summary>A set of code points as sorted, disjoint, inclusive ranges.</summary>
internal static class CharacterClass
{
    private static readonly (int, int)[] Digits = [('0', '9')];
    private static readonly (int, int)[] Words = [('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

    // WhiteSpace and LineTerminator of ECMA-262.
    private static readonly (int, int)[] Spaces =
        [(9, 13), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)];

    private static readonly (int, int)[] LineEnds = [('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)];

    /// <summary>
    /// What a constrained string may hold: all code points that JSON can write raw or with a short escape. Surrogates are no
    /// characters, and other control characters have no place in a field with a pattern.
    /// </summary>
    public static readonly (int First, int Last)[] Writable = [(8, 10), (12, 13), (0x20, 0xD7FF), (0xE000, 0x10FFFF)];

    /// <summary>Reads one character, escape, <c>.</c> or <c>[…]</c> at <paramref name="at"/>.</summary>
    public static (int First, int Last)[] Read(string pattern, ref int at)
    {
        switch (pattern[at])
        {
            case '.':
                at++;
                return Except(LineEnds);
            case '[':
                at++;
                return ReadSet(pattern, ref at);
            case '\\':
                return ReadEscape(pattern, ref at, inSet: false);
            default:
                var rune = ReadRune(pattern, ref at);
                return [(rune, rune)];
        }
    }

    public static (int First, int Last)[] Except((int First, int Last)[] ranges)
    {
        var result = new List<(int, int)>();
        var next = 0;
        foreach (var (first, last) in ranges)
        {
            if (first > next)
            {
                result.Add((next, first - 1));
            }

            next = last + 1;
        }

        if (next <= 0x10FFFF)
        {
            result.Add((next, 0x10FFFF));
        }

        return [.. result];
    }

    public static (int First, int Last)[] Join(List<(int First, int Last)> ranges)
    {
        ranges.Sort();
        var result = new List<(int First, int Last)>();
        foreach (var (first, last) in ranges)
        {
            if (result.Count > 0 && first <= result[^1].Last + 1)
            {
                result[^1] = (result[^1].First, Math.Max(result[^1].Last, last));
            }
            else
            {
                result.Add((first, last));
            }
        }

        return [.. result];
    }

    private static (int First, int Last)[] ReadSet(string pattern, ref int at)
    {
        var isExcept = at < pattern.Length && pattern[at] == '^';
        at += isExcept ? 1 : 0;
        var ranges = new List<(int First, int Last)>();
        while (true)
        {
            if (at >= pattern.Length)
            {
                throw new ShapeException("A pattern has a character class that is not closed.");
            }

            if (pattern[at] == ']')
            {
                at++;
                break;
            }

            var first = ReadMember(pattern, ref at);
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                var last = ReadMember(pattern, ref at);
                if (first is not [var (low, lowEnd)] || low != lowEnd || last is not [var (high, highEnd)] || high != highEnd || high < low)
                {
                    throw new ShapeException($"A pattern has a broken range before character {at + 1}.");
                }

                ranges.Add((low, high));
            }
            else
            {
                ranges.AddRange(first);
            }
        }

        return isExcept ? Except(Join(ranges)) : Join(ranges);
    }

    private static (int First, int Last)[] ReadMember(string pattern, ref int at)
    {
        if (pattern[at] == '\\')
        {
            return ReadEscape(pattern, ref at, inSet: true);
        }

        var rune = ReadRune(pattern, ref at);
        return [(rune, rune)];
    }

    private static (int First, int Last)[] ReadEscape(string pattern, ref int at, bool inSet)
    {
        if (at + 1 >= pattern.Length)
        {
            throw new ShapeException("A pattern ends with a backslash.");
        }

        var kind = pattern[at + 1];
        at += 2;
        switch (kind)
        {
            case 'd':
                return Digits;
            case 'D':
                return Except(Digits);
            case 'w':
                return Words;
            case 'W':
                return Except(Words);
            case 's':
                return Spaces;
            case 'S':
                return Except(Spaces);
            case 'p':
                return ReadProperty(pattern, ref at);
            case 'x':
                return One(ReadHex(pattern, ref at, 2));
            case 'u':
                return One(ReadUnicode(pattern, ref at));
        }

        var single = kind switch { 't' => '\t', 'n' => '\n', 'r' => '\r', 'f' => '\f', 'v' => '\v', 'b' when inSet => '\b', _ => kind };
        return char.IsAsciiLetterOrDigit(single)
            ? throw new ShapeException($"A pattern has the escape \\{kind}, which is not supported, before character {at + 1}.")
            : One(single);
    }

    // The one Unicode property that Chinese schemas need; Unicode 16 Scripts.txt, whole blocks of Han.
    private static (int First, int Last)[] ReadProperty(string pattern, ref int at)
    {
        var end = pattern.IndexOf('}', at);
        var name = end < 0 ? "" : pattern[at..(end + 1)];
        if (name is not ("{Han}" or "{Script=Han}" or "{sc=Han}"))
        {
            throw new ShapeException($"A pattern has a \\p other than \\p{{Script=Han}}, which is not supported, before character {at + 1}.");
        }

        at = end + 1;
        return [(0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1)];
    }

    private static int ReadUnicode(string pattern, ref int at)
    {
        if (at >= pattern.Length || pattern[at] != '{')
        {
            var unit = ReadHex(pattern, ref at, 4);
            if (unit is < 0xD800 or > 0xDFFF)
            {
                return unit;
            }

            // A pair of \uXXXX is one character, as it is for JSON.
            if (unit < 0xDC00 && at + 5 < pattern.Length && pattern[at] == '\\' && pattern[at + 1] == 'u')
            {
                at += 2;
                var low = ReadHex(pattern, ref at, 4);
                if (low is >= 0xDC00 and <= 0xDFFF)
                {
                    return char.ConvertToUtf32((char)unit, (char)low);
                }
            }

            throw new ShapeException($"A pattern has half a character (a lone surrogate) before character {at + 1}.");
        }

        var end = pattern.IndexOf('}', at);
        at++;
        var point = ReadHex(pattern, ref at, Math.Clamp(end - at, 0, 6));
        at++;
        return point <= 0x10FFFF ? point : throw new ShapeException("A pattern has a code point above 10FFFF.");
    }

    private static int ReadHex(string pattern, ref int at, int digits)
    {
        if (digits < 1 || at + digits > pattern.Length
            || !int.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw new ShapeException($"A pattern has a broken \\x or \\u before character {at + 1}.");
        }

        at += digits;
        return value;
    }

    private static int ReadRune(string pattern, ref int at)
    {
        if (!Rune.TryGetRuneAt(pattern, at, out var rune))
        {
            throw new ShapeException($"A pattern has half a character (a lone surrogate) at character {at + 1}.");
        }

        at += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static (int First, int Last)[] One(int point) => [(point, point)];
}
