namespace SmartService.Knowledge.Text;

/// <summary>Whether two words differ by a slip of the finger.</summary>
internal static class Edits
{
    /// <summary>At most one character replaced, added or left out.</summary>
    public static bool AtMostOne(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        if (Math.Abs(left.Length - right.Length) > 1)
        {
            return false;
        }

        var same = left.CommonPrefixLength(right);
        var restLeft = left[same..];
        var restRight = right[same..];
        if (restLeft.IsEmpty || restRight.IsEmpty)
        {
            return restLeft.Length + restRight.Length <= 1;
        }

        return (restLeft.Length - restRight.Length) switch
        {
            0 => restLeft[1..].SequenceEqual(restRight[1..]),
            1 => restLeft[1..].SequenceEqual(restRight),
            _ => restLeft.SequenceEqual(restRight[1..]),
        };
    }
}
