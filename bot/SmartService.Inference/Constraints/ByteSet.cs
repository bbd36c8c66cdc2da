using System.Runtime.InteropServices;

namespace SmartService.Inference.Constraints;

/// <summary>A set of byte values.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct ByteSet
{
    private UInt128 _low;
    private UInt128 _high;

    public void Add(byte value)
    {
        if (value < 128)
        {
            _low |= UInt128.One << value;
        }
        else
        {
            _high |= UInt128.One << (value - 128);
        }
    }

    public void Add(byte first, byte last)
    {
        for (int value = first; value <= last; value++)
        {
            Add((byte)value);
        }
    }

    public readonly bool IsEmpty => _low == 0 && _high == 0;

    /// <summary>The only member, or -1.</summary>
    public readonly int Single
    {
        get
        {
            if (_high == 0 && UInt128.PopCount(_low) == 1)
            {
                return (int)UInt128.TrailingZeroCount(_low);
            }

            return _low == 0 && UInt128.PopCount(_high) == 1 ? 128 + (int)UInt128.TrailingZeroCount(_high) : -1;
        }
    }
}
