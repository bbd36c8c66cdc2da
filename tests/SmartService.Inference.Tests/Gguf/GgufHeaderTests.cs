using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Gguf;

public sealed class GgufHeaderTests
{
    [Fact]
    public void A_header_tells_metadata_tensors_and_the_size_of_the_file()
    {
        var bytes = GgufBytes.Chat().Int32("small", -7).Single("pi", 3.5f).Bool("yes", true).Int32s("layers", 1, -2, 3).ToArray();

        var header = GgufHeader.Read(new MemoryStream(bytes));

        Assert.Equal("qwen2", header.Text("general.architecture"));
        Assert.Equal((4096, -7, 3.5, true), (header.Whole("qwen2.context_length"), header.Whole("small"), header.Number("pi"), header.Flag("yes")));
        Assert.Equal([1, -2, 3], header.Metadata["layers"].Integers!);
        Assert.Equal((GgufValueType.String, 3), (header.Metadata["tokenizer.ggml.tokens"].ElementType, header.Metadata["tokenizer.ggml.tokens"].ArrayLength));
        Assert.Null(header.Text("absent"));
        Assert.Null(header.Whole("general.architecture"));
        Assert.Equal("Q8_0", header.Quantisation);
        Assert.Equal(64 * 3 + 64, header.Parameters);
        Assert.Equal(["token_embd.weight Q8_0 0 204", "blk.0.attn_q.bias F32 224 256"], header.Tensors.Select(tensor => $"{tensor.Name} {tensor.Type} {tensor.Offset} {tensor.Bytes}"));
        Assert.Equal(bytes.Length, header.ExpectedLength);
        Assert.False(header.IsTruncated);
        Assert.Null(header.Split);
    }

    [Fact]
    public void Both_versions_are_read_and_older_ones_are_refused()
    {
        var chat = GgufBytes.Chat();
        chat.Version = 2;
        Assert.Equal(2, GgufHeader.Read(chat.ToStream()).Version);
        chat.Version = 1;
        Assert.Equal(ModelFileFault.Unsupported, Fault(chat.ToArray()));
        chat.Version = 4;
        Assert.Equal(ModelFileFault.Unsupported, Fault(chat.ToArray()));
        chat.Version = 3 << 24;
        Assert.Contains("big-endian", Assert.Throws<ModelFileException>(() => GgufHeader.Read(chat.ToStream())).Message);
    }

    [Fact]
    public void The_alignment_of_the_file_is_followed()
    {
        var wide = GgufBytes.Chat().UInt32("general.alignment", 256);
        wide.Alignment = 256;

        var header = GgufHeader.Read(wide.ToStream());

        Assert.Equal((256, 0, 256), (header.Alignment, header.DataOffset % 256, header.Tensors[1].Offset));
        Assert.Equal(ModelFileFault.Malformed, Fault(GgufBytes.Chat().UInt32("general.alignment", 0).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(GgufBytes.Chat().UInt32("general.alignment", 48).ToArray()));
    }

    [Fact]
    public void A_file_that_ends_in_its_data_is_seen_to_be_cut_off()
    {
        var bytes = GgufBytes.Chat().ToArray();

        Assert.False(GgufHeader.Read(new MemoryStream(bytes)).IsTruncated);
        Assert.True(GgufHeader.Read(new MemoryStream(bytes[..^1])).IsTruncated);
    }

    [Fact]
    public void A_file_that_ends_in_its_header_is_refused_wherever_it_ends()
    {
        var bytes = GgufBytes.Chat().ToArray();
        var headerEnd = bytes.Length - 224 - 256 - 31;
        for (var length = 8; length < headerEnd; length++)
        {
            Assert.Equal(ModelFileFault.Truncated, Fault(bytes[..length]));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("GG")]
    [InlineData("PK\u0003\u0004 and so on, a zip file")]
    [InlineData("<!DOCTYPE html><title>404</title>")]
    public void Other_files_are_not_gguf(string content) => Assert.Equal(ModelFileFault.NotGguf, Fault(System.Text.Encoding.UTF8.GetBytes(content)));

    [Fact]
    public void Counts_and_lengths_beyond_the_file_are_refused_before_anything_is_allocated()
    {
        // Tensors, entries, a key, a text, an array: each announces more than there is.
        Assert.Equal(ModelFileFault.Truncated, Fault([.. "GGUF"u8, 3, 0, 0, 0, .. Huge, .. Huge]));
        Assert.Equal(ModelFileFault.Truncated, Fault([.. "GGUF"u8, 3, 0, 0, 0, .. new byte[8], .. Huge]));
        Assert.Equal(ModelFileFault.Truncated, Fault(new GgufBytes().Entry("a", 8, writer => writer.Write(Huge)).ToArray()));
        Assert.Equal(ModelFileFault.Truncated, Fault(new GgufBytes().Entry("a", 9, writer => writer.Write([8, 0, 0, 0, .. Huge])).ToArray()));
        Assert.Equal(ModelFileFault.Truncated, Fault(new GgufBytes().Entry("a", 9, writer => writer.Write([12, 0, 0, 0, .. Huge])).ToArray()));
    }

    private static byte[] Huge => [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

    [Fact]
    public void Arrays_of_arrays_and_unknown_types_are_refused()
    {
        Assert.Equal(ModelFileFault.Unsupported, Fault(new GgufBytes().Entry("a", 9, writer => writer.Write([9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, .. new byte[16]])).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Entry("a", 13, writer => writer.Write(new byte[16])).ToArray()));
        Assert.Equal(ModelFileFault.Unsupported, Fault(new GgufBytes().Tensor("t", 4, 64, 32).ToArray()));
        Assert.Equal(ModelFileFault.Unsupported, Fault(new GgufBytes().Tensor("t", 99, 64, 32).ToArray()));
    }

    [Fact]
    public void A_text_that_no_header_needs_is_refused()
    {
        using var stream = new MemoryStream();
        stream.Write(new GgufBytes().Entry("a", 8, writer => writer.Write(5_000_000L)).ToArray());
        stream.SetLength(6_000_000);

        Assert.Equal(ModelFileFault.Malformed, Assert.Throws<ModelFileException>(() => GgufHeader.Read(stream)).Fault);
    }

    [Fact]
    public void Long_arrays_are_counted_and_not_kept()
    {
        var bytes = new GgufBytes().Int32s("many", new int[GgufHeader.MaxKeptElements + 1]).Int32s("few", 5).ToArray();

        var header = GgufHeader.Read(new MemoryStream(bytes));

        Assert.Equal(4097, header.Metadata["many"].ArrayLength);
        Assert.Null(header.Metadata["many"].Integers);
        Assert.Equal([5], header.Metadata["few"].Integers!);
    }

    [Fact]
    public void Tensors_that_overlap_repeat_or_have_impossible_shapes_are_refused()
    {
        Assert.Equal(ModelFileFault.Malformed, Fault(GgufBytes.Chat().TensorAt(0, "overlap", 0, 8).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(GgufBytes.Chat().TensorAt(ulong.MaxValue, "far", 0, 8).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 64, 16).Tensor("t", 0, 64, 16).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 0).Text("a", "b").ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 0, 1, 1, 1, 1, 1).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 0, 0).Text("a", "b").ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 0, long.MaxValue, long.MaxValue, 3).ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 0, 0, -1).Text("a", "b").ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Tensor("t", 2, 18, 31).Text("a", "b").ToArray()));
        Assert.Equal(ModelFileFault.Malformed, Fault(new GgufBytes().Text("a", "1").Text("a", "2").ToArray()));
    }

    [Fact]
    public void Without_a_file_type_the_type_of_most_bytes_names_the_quantisation()
    {
        var header = GgufHeader.Read(new GgufBytes().Tensor("a", 0, 128, 32).Tensor("b", 12, 144 * 4, 256, 4).ToStream());

        Assert.Equal("Q4_K", header.Quantisation);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_named()
    {
        var missing = Assert.Throws<ModelFileException>(() => GgufHeader.Read("/no/such/模型.gguf"));
        Assert.Equal(ModelFileFault.NotFound, missing.Fault);
        Assert.Contains("模型.gguf", missing.Message);
        Assert.Equal(ModelFileFault.Unreadable, Assert.Throws<ModelFileException>(() => GgufHeader.Read(Path.GetTempPath())).Fault);
    }

    private static ModelFileFault Fault(byte[] bytes) => Assert.Throws<ModelFileException>(() => GgufHeader.Read(new MemoryStream(bytes))).Fault;
}
