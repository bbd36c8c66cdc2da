namespace SmartService.Inference.Gguf;

internal static class GgufTensorReader
{
    private const int MaxNameBytes = 1024;
    private const int MaxDimensions = 4;

    /// <summary>Reads the tensors and the length of the data section, without padding behind the last one.</summary>
    public static (List<GgufTensor> Tensors, long DataLength) Read(GgufCursor cursor, int count, int alignment)
    {
        var tensors = new List<GgufTensor>(Math.Min(count, 4096));
        var names = new HashSet<string>(StringComparer.Ordinal);
        var end = 0L;
        for (var at = 0; at < count; at++)
        {
            var tensor = ReadTensor(cursor);
            if (!names.Add(tensor.Name))
            {
                throw Malformed("has a tensor twice");
            }

            // llama.cpp demands that data lies without gaps in the order of the header.
            if (tensor.Offset != GgufHeader.Align(end, alignment))
            {
                throw Malformed("has a tensor whose data is not where it should be");
            }

            end = tensor.Offset + tensor.Bytes;
            if (end > long.MaxValue / 2)
            {
                throw Malformed("announces more data than any disk holds");
            }

            tensors.Add(tensor);
        }

        return (tensors, end);
    }

    private static GgufTensor ReadTensor(GgufCursor cursor)
    {
        var name = cursor.Text(MaxNameBytes);
        var dimensions = cursor.UInt32();
        if (dimensions is 0 or > MaxDimensions)
        {
            throw Malformed($"has a tensor of {dimensions} dimensions");
        }

        var shape = new long[dimensions];
        var elements = 1L;
        foreach (ref var dimension in shape.AsSpan())
        {
            dimension = (long)Math.Min(cursor.UInt64(), long.MaxValue);
            if (dimension == 0 || dimension > long.MaxValue / 1024 / elements)
            {
                throw Malformed("has a tensor of impossible size");
            }

            elements *= dimension;
        }

        var type = cursor.UInt32();
        if (!GgufTensorTypes.ById.TryGetValue(type, out var known))
        {
            throw new ModelFileException(ModelFileFault.Unsupported, $"has tensors of type {type}, which this release does not know");
        }

        if (shape[0] % known.Block != 0)
        {
            throw Malformed($"has a {known.Name} tensor with rows of {shape[0]}");
        }

        var offset = cursor.UInt64();
        return offset <= long.MaxValue / 4
            ? new GgufTensor(name, known.Name, shape, elements, (long)offset, elements / known.Block * known.Bytes)
            : throw Malformed("has a tensor whose data is not where it should be");
    }

    private static ModelFileException Malformed(string message) => new(ModelFileFault.Malformed, message);
}
