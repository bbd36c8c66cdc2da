using System.Text;

namespace SmartService.Inference.Tests.Gguf;

/// <summary>Writes GGUF files by hand: small, valid by default, and easy to break.</summary>
internal sealed class GgufBytes
{
    /// <summary>A chat template of a known family.</summary>
    public const string Template = "{{ '<|im_start|>' }}";

    private readonly List<byte[]> _entries = [];
    private readonly List<(string Name, long[] Shape, uint Type, long Bytes, ulong? Offset)> _tensors = [];

    public uint Version { get; set; } = 3;

    public int Alignment { get; set; } = 32;

    public static GgufBytes Chat(string name = "tiny", string template = Template) => new GgufBytes()
        .Text("general.architecture", "qwen2").Text("general.name", name).Text("general.license", "apache-2.0")
        .UInt32("qwen2.context_length", 4096).UInt32("qwen2.embedding_length", 64).UInt32("qwen2.block_count", 2)
        .UInt32("qwen2.attention.head_count", 4).UInt32("qwen2.attention.head_count_kv", 2)
        .Texts("tokenizer.ggml.tokens", "a", "b", "c").Text("tokenizer.chat_template", template).UInt32("general.file_type", 7)
        .Tensor("token_embd.weight", 8, 34 * 6, 64, 3).Tensor("blk.0.attn_q.bias", 0, 64 * 4, 64);

    public static GgufBytes Embedding() => new GgufBytes()
        .Text("general.architecture", "bert").UInt32("bert.context_length", 512).UInt32("bert.embedding_length", 32).UInt32("bert.block_count", 1)
        .UInt32("bert.attention.head_count", 2).Bool("bert.attention.causal", false).UInt32("bert.pooling_type", 1)
        .Tensor("token_embd.weight", 0, 32 * 4, 32, 1);

    public GgufBytes Entry(string key, uint type, Action<BinaryWriter> value)
    {
        _entries.Add(Bytes(writer =>
        {
            WriteText(writer, key);
            writer.Write(type);
            value(writer);
        }));
        return this;
    }

    public GgufBytes Text(string key, string value) => Entry(key, 8, writer => WriteText(writer, value));

    public GgufBytes UInt32(string key, uint value) => Entry(key, 4, writer => writer.Write(value));

    public GgufBytes UInt16(string key, ushort value) => Entry(key, 2, writer => writer.Write(value));

    public GgufBytes Int32(string key, int value) => Entry(key, 5, writer => writer.Write(value));

    public GgufBytes Single(string key, float value) => Entry(key, 6, writer => writer.Write(value));

    public GgufBytes Bool(string key, bool value) => Entry(key, 7, writer => writer.Write(value));

    public GgufBytes Int32s(string key, params int[] values) => Entry(key, 9, writer =>
    {
        writer.Write(5u);
        writer.Write((ulong)values.Length);
        foreach (var value in values)
        {
            writer.Write(value);
        }
    });

    public GgufBytes Texts(string key, params string[] values) => Entry(key, 9, writer =>
    {
        writer.Write(8u);
        writer.Write((ulong)values.Length);
        foreach (var value in values)
        {
            WriteText(writer, value);
        }
    });

    public GgufBytes Split(ushort number, ushort count, int tensors) => UInt16("split.no", number).UInt16("split.count", count).Int32("split.tensors.count", tensors);

    public GgufBytes Tensor(string name, uint type, long bytes, params long[] shape)
    {
        _tensors.Add((name, shape, type, bytes, null));
        return this;
    }

    public GgufBytes TensorAt(ulong offset, string name, uint type, params long[] shape)
    {
        _tensors.Add((name, shape, type, 0, offset));
        return this;
    }

    public byte[] ToArray() => Bytes(writer =>
    {
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_entries.Count);
        _entries.ForEach(writer.Write);
        var offset = 0L;
        foreach (var tensor in _tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            Array.ForEach(tensor.Shape, writer.Write);
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? (ulong)offset);
            offset += Padded(tensor.Bytes);
        }

        writer.Write(new byte[Padded(writer.BaseStream.Length) - writer.BaseStream.Length + offset]);
    });

    public MemoryStream ToStream() => new(ToArray(), writable: false);

    public string WriteTo(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        File.WriteAllBytes(path, ToArray());
        return path;
    }

    private long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void WriteText(BinaryWriter writer, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }
}
