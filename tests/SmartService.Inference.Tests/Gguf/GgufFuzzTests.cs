using SmartService.Inference.Gguf;

namespace SmartService.Inference.Tests.Gguf;

/// <summary>Broken headers cost a documented error and bounded memory, whatever is broken.</summary>
public sealed class GgufFuzzTests
{
    private const int Rounds = 20_000;

    [Fact]
    public void Any_damage_ends_in_a_header_or_in_the_documented_error()
    {
        var random = new Random(20261127);
        byte[][] seeds = [GgufBytes.Chat().ToArray(), GgufBytes.Embedding().Int32s("n", 1, 2, 3).ToArray(), GgufBytes.Chat().Split(0, 2, 4).ToArray()];
        var (read, refused) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = Damage((byte[])seeds[round % seeds.Length].Clone(), random);
            try
            {
                var header = GgufHeader.Read(new MemoryStream(bytes));
                // Everything that is derived from the header must hold, too.
                _ = (header.Quantisation, header.Parameters, header.Split, header.IsTruncated);
                read++;
            }
            catch (ModelFileException)
            {
                refused++;
            }
        }

        // Damage in names and data is harmless, damage in lengths is not: both must have happened.
        Assert.True(read > Rounds / 20 && refused > Rounds / 20, $"{read} read, {refused} refused");
    }

    [Fact]
    public void A_damaged_header_costs_little_memory()
    {
        var random = new Random(5);
        var seed = GgufBytes.Chat().ToArray();
        // Room behind the header, so that announced lengths are believable.
        var large = new byte[8 << 20];
        for (var round = 0; round < 200; round++)
        {
            Array.Clear(large);
            Damage((byte[])seed.Clone(), random).AsSpan().CopyTo(large);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                GgufHeader.Read(new MemoryStream(large));
            }
            catch (ModelFileException)
            {
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 20);
        }
    }

    [Fact]
    public void A_damaged_model_is_described_or_refused_as_documented()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        var path = Path.Combine(folder.Path, "m-00001-of-00002.gguf");
        GgufBytes.Chat().Split(1, 2, 4).WriteTo(folder.Path, "m-00002-of-00002.gguf");
        for (var round = 0; round < 500; round++)
        {
            File.WriteAllBytes(path, Damage(GgufBytes.Chat().Split(0, 2, 4).ToArray(), random));
            try
            {
                Assert.InRange(ModelFile.Inspect(path).CacheBytesPerToken, 0, long.MaxValue);
            }
            catch (ModelFileException exception)
            {
                Assert.EndsWith(".", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    private static byte[] Damage(byte[] bytes, Random random)
    {
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(4, bytes.Length);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(random.Next(1, 9), bytes.Length - at)).Fill(0xFF);
                    break;
                case 3:
                    bytes.AsSpan(at, Math.Min(random.Next(1, 9), bytes.Length - at)).Clear();
                    break;
                case 4 when bytes.Length > 64:
                    bytes = bytes[..random.Next(24, bytes.Length)];
                    break;
                default:
                    var from = random.Next(bytes.Length);
                    var length = Math.Min(random.Next(1, 64), bytes.Length - Math.Max(from, at));
                    bytes.AsSpan(from, length).ToArray().CopyTo(bytes, at);
                    break;
            }
        }

        return bytes;
    }
}
