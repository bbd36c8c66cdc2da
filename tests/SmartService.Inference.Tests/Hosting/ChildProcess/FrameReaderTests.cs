using SmartService.Inference.Hosting.ChildProcess;

namespace SmartService.Inference.Tests.Hosting.ChildProcess;

public sealed class FrameReaderTests
{
    [Fact]
    public async Task Frames_survive_however_the_stream_cuts_them()
    {
        var random = new Random(3);
        var sent = Enumerable.Range(0, 300).Select(at => (Kind: at % 2 == 0 ? FrameKind.Text : FrameKind.Update, Id: random.NextInt64(), Payload: Bytes(random, at % 50 == 49 ? 200_000 : random.Next(300)))).ToList();
        var reader = new FrameReader(new Dribble([.. sent.SelectMany(frame => Encode((byte)frame.Kind, frame.Id, frame.Payload))], random), 300_000);
        foreach (var (kind, id, payload) in sent)
        {
            var frame = (await reader.ReadAsync(CancellationToken.None))!.Value;
            Assert.Equal((kind, id), (frame.Kind, frame.Id));
            Assert.Equal(payload, frame.Payload.ToArray());
        }

        Assert.Null(await reader.ReadAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1001)]
    [InlineData(int.MaxValue)]
    public async Task A_length_beyond_the_limit_is_refused_before_its_bytes_are_awaited(int length)
    {
        var bytes = Encode(6, 1, []);
        BitConverter.TryWriteBytes(bytes, length);
        await Assert.ThrowsAsync<ProtocolException>(async () => await new FrameReader(new MemoryStream(bytes), 1000).ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task An_unknown_kind_is_refused() =>
        await Assert.ThrowsAsync<ProtocolException>(async () => await new FrameReader(new MemoryStream(Encode(200, 1, [])), 1000).ReadAsync(CancellationToken.None));

    [Fact]
    public async Task A_stream_that_ends_within_a_frame_is_no_clean_end()
    {
        var bytes = Encode(6, 1, new byte[50]);
        for (var length = 1; length < bytes.Length; length++)
        {
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await new FrameReader(new MemoryStream(bytes[..length]), 1000).ReadAsync(CancellationToken.None));
        }
    }

    [Fact]
    public async Task Rubbish_ends_the_reading_and_does_nothing_else()
    {
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            // Half are damaged frames, which get further than noise.
            byte[] bytes = round % 2 == 0 ? Bytes(random, random.Next(100)) : [.. Encode((byte)random.Next(1, 10), 5, Bytes(random, 20)), .. Encode(6, 5, Bytes(random, 20))];
            if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            var reader = new FrameReader(new MemoryStream(bytes), 1000);
            var frames = 0;
            try
            {
                while (await reader.ReadAsync(CancellationToken.None) is { } frame)
                {
                    Assert.True(frame.Payload.Length <= 1000);
                    frames++;
                }
            }
            catch (Exception exception) when (exception is ProtocolException or EndOfStreamException)
            {
                // One of the three ways to end.
            }

            Assert.True(frames <= bytes.Length / Frame.HeaderLength);
        }
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Encode(byte kind, long id, byte[] payload) => [.. BitConverter.GetBytes(payload.Length), kind, .. BitConverter.GetBytes(id), .. payload];

    private sealed class Dribble(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, random.Next(1, 40_000))], cancellationToken);
    }
}
