namespace SmartService.Inference.Gguf;

internal static class GgufValueReader
{
    public static GgufValue Read(GgufCursor cursor)
    {
        var type = ReadType(cursor);
        switch (type)
        {
            case GgufValueType.String:
                return new GgufValue { Type = type, Text = cursor.Text() };
            case GgufValueType.Array:
                return ReadArray(cursor);
            case GgufValueType.Float32:
                return new GgufValue { Type = type, Number = BitConverter.UInt32BitsToSingle(cursor.UInt32()) };
            case GgufValueType.Float64:
                return new GgufValue { Type = type, Number = BitConverter.UInt64BitsToDouble(cursor.UInt64()) };
            default:
                var integer = ReadInteger(cursor, type);
                return new GgufValue { Type = type, Whole = integer, Number = integer };
        }
    }

    private static GgufValueType ReadType(GgufCursor cursor) => cursor.UInt32() switch
    {
        <= (uint)GgufValueType.Float64 and var type => (GgufValueType)type,
        var type => throw new ModelFileException(ModelFileFault.Malformed, $"has metadata of type {type}, which does not exist"),
    };

    private static GgufValue ReadArray(GgufCursor cursor)
    {
        var element = ReadType(cursor);
        var size = SizeOf(element);
        var length = cursor.Count(size, "array elements");
        var array = new GgufValue { Type = GgufValueType.Array, ElementType = element, ArrayLength = length };
        if (element == GgufValueType.String)
        {
            for (var at = 0L; at < length; at++)
            {
                cursor.SkipText();
            }

            return array;
        }

        if (length > GgufHeader.MaxKeptElements || element is GgufValueType.Float32 or GgufValueType.Float64)
        {
            cursor.Skip(length * size);
            return array;
        }

        var integers = new long[length];
        for (var at = 0; at < integers.Length; at++)
        {
            integers[at] = ReadInteger(cursor, element);
        }

        return array with { Integers = integers };
    }

    private static long ReadInteger(GgufCursor cursor, GgufValueType type) => type switch
    {
        GgufValueType.UInt8 => cursor.UInt8(),
        GgufValueType.Bool => cursor.UInt8() == 0 ? 0 : 1,
        GgufValueType.Int8 => (sbyte)cursor.UInt8(),
        GgufValueType.UInt16 => cursor.UInt16(),
        GgufValueType.Int16 => (short)cursor.UInt16(),
        GgufValueType.UInt32 => cursor.UInt32(),
        GgufValueType.Int32 => (int)cursor.UInt32(),
        GgufValueType.Int64 => (long)cursor.UInt64(),
        _ => (long)Math.Min(cursor.UInt64(), long.MaxValue),
    };

    // Of a string: its length field. Arrays of arrays are in the specification, but llama.cpp does not read them.
    private static int SizeOf(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.Array => throw new ModelFileException(ModelFileFault.Unsupported, "has an array of arrays in its header"),
        _ => 8,
    };
}
