using System.Text;

namespace SmartService.Inference.Tests.TinyModels;

/// <summary>Writes GGUF version 3: magic, counts, metadata, tensor infos, data; everything little-endian, data aligned to 32 bytes.</summary>
internal sealed class GgufWriter
{
    private const int Alignment = 32;

    private readonly List<Action<BinaryWriter>> _entries = [];
    private readonly List<(string Name, long[] Dimensions, int Type, byte[] Data)> _tensors = [];

    public GgufWriter Add(string key, uint value) => Entry(key, 4, w => w.Write(value));

    public GgufWriter Add(string key, float value) => Entry(key, 6, w => w.Write(value));

    public GgufWriter Add(string key, bool value) => Entry(key, 7, w => w.Write(value));

    public GgufWriter Add(string key, ushort value) => Entry(key, 2, w => w.Write(value));

    public GgufWriter Add(string key, string value) => Entry(key, 8, w => Text(w, value));

    public GgufWriter Add(string key, IReadOnlyList<string> values) => Entry(key, 9, w =>
    {
        w.Write(8);
        w.Write((ulong)values.Count);
        foreach (var value in values)
        {
            Text(w, value);
        }
    });

    public GgufWriter Add(string key, IReadOnlyList<int> values) => Entry(key, 9, w =>
    {
        w.Write(5);
        w.Write((ulong)values.Count);
        foreach (var value in values)
        {
            w.Write(value);
        }
    });

    public GgufWriter Add(string key, IReadOnlyList<float> values) => Entry(key, 9, w =>
    {
        w.Write(6);
        w.Write((ulong)values.Count);
        foreach (var value in values)
        {
            w.Write(value);
        }
    });

    /// <param name="dimensions">The fastest-running first, as GGUF has them.</param>
    public GgufWriter Tensor(string name, float[] values, bool half, params long[] dimensions)
    {
        var data = new byte[values.Length * (half ? 2 : 4)];
        for (var at = 0; at < values.Length; at++)
        {
            _ = half
                ? BitConverter.TryWriteBytes(data.AsSpan(at * 2), (Half)values[at])
                : BitConverter.TryWriteBytes(data.AsSpan(at * 4), values[at]);
        }

        _tensors.Add((name, dimensions, half ? 1 : 0, data));
        return this;
    }

        public void Save(string path) => File.WriteAllBytes(path, ToArray());

    /// <summary>Writes the model as <paramref name="count"/> shards beside each other and returns their paths; all metadata is in the first.</summary>
    public string[] SaveSplit(string prefix, int count)
    {
        var paths = new string[count];
        for (var shard = 0; shard < count; shard++)
        {
            var (from, to) = (_tensors.Count * shard / count, _tensors.Count * (shard + 1) / count);
            var split = new GgufWriter();
            split.Add("split.no", (ushort)shard).Add("split.count", (ushort)count);
            split.Entry("split.tensors.count", 5, w => w.Write(_tensors.Count));
            if (shard == 0)
            {
                split._entries.AddRange(_entries);
            }

            split._tensors.AddRange(_tensors[from..to]);
            paths[shard] = $"{prefix}-{shard + 1:00000}-of-{count:00000}.gguf";
            split.Save(paths[shard]);
        }

        return paths;
    }

    public byte[] ToArray()
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file, Encoding.UTF8);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_entries.Count);
        _entries.ForEach(entry => entry(writer));

        ulong offset = 0;
        foreach (var (name, dimensions, type, data) in _tensors)
        {
            Text(writer, name);
            writer.Write((uint)dimensions.Length);
            foreach (var dimension in dimensions)
            {
                writer.Write((ulong)dimension);
            }

            writer.Write(type);
            writer.Write(offset);
            offset += (ulong)((data.Length + Alignment - 1) / Alignment * Alignment);
        }

        foreach (var (_, _, _, data) in _tensors)
        {
            Pad(writer);
            writer.Write(data);
        }

        Pad(writer);
        writer.Flush();
        return file.ToArray();
    }

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        while (writer.BaseStream.Position % Alignment != 0)
        {
            writer.Write((byte)0);
        }
    }

    private GgufWriter Entry(string key, int type, Action<BinaryWriter> value)
    {
        _entries.Add(writer =>
        {
            Text(writer, key);
            writer.Write(type);
            value(writer);
        });
        return this;
    }

    private static void Text(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
