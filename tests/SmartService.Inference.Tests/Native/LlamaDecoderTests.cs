using SmartService.Inference.Engine;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

public sealed class LlamaDecoderTests : IAsyncLifetime
{
    private LlamaModel _model = null!;

    public async ValueTask InitializeAsync() => _model = await TinyModel.LoadAsync(TinyModel.Chat);

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Two_sequences_in_one_batch_have_the_logits_of_each_alone()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        var (first, second) = (Tokens("您好，我要退款"), Tokens("hello order"));
        var alone = new[] { Prompt(decoder, first, 0), Prompt(decoder, second, 1) };
        decoder.Clear();
        var batch = new DecodeBatch(64);
        Fill(batch, second, 200);
        Fill(batch, first, 3);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
        AssertClose(alone[0], decoder.Logits(batch.Count - 1).ToArray());
        AssertClose(alone[1], decoder.Logits(second.Length - 1).ToArray());
        Assert.NotEqual(Greedy.Best(alone[0]), Greedy.Best(alone[1]));
    }

    [Fact]
    public void A_copied_prefix_continues_like_the_whole_text()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        var text = Tokens("您好，我要退款，订单多久到？");
        var whole = Prompt(decoder, text, 0);
        decoder.Copy(0, 9, 0, 5);
        Assert.Equal(4, decoder.LastPosition(9));
        AssertClose(whole, Prompt(decoder, text[5..], 9));
        // The source is as it was.
        Assert.Equal(text.Length - 1, decoder.LastPosition(0));
    }

    [Fact]
    public void A_trimmed_sequence_continues_like_one_that_never_had_the_rest()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        Assert.True(decoder.CanTrim);
        var (kept, dropped, other) = (Tokens("我要退"), Tokens("货，维修"), Tokens("款多久"));
        var expected = Prompt(decoder, [.. kept, .. other], 1);
        Prompt(decoder, [.. kept, .. dropped], 0);
        Assert.True(decoder.Remove(0, kept.Length, -1));
        Assert.Equal(kept.Length - 1, decoder.LastPosition(0));
        AssertClose(expected, Prompt(decoder, other, 0));
        Assert.True(decoder.Remove(0, 0, -1));
        Assert.Equal(-1, decoder.LastPosition(0));
    }

    [Fact]
    public void Removing_one_sequence_leaves_what_another_shares_with_it()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        var text = Tokens("您好，我要退款");
        var expected = Prompt(decoder, [.. text, .. Tokens("吗？")], 2);
        Prompt(decoder, text, 0);
        decoder.Copy(0, 1, 0, text.Length);
        Assert.True(decoder.Remove(0, 0, -1));
        AssertClose(expected, Prompt(decoder, Tokens("吗？"), 1));
    }

    [Fact]
    public void A_full_cache_changes_nothing_and_the_batch_succeeds_after_room_was_made()
    {
        using var decoder = TinyModel.NewDecoder(_model, cells: 512);
        Assert.Equal(512, decoder.Cells);
        var expected = Prompt(decoder, Tokens("退款多久"), 5);
        decoder.Clear();
        Prompt(decoder, Enumerable.Repeat(40, 300).ToArray(), 0);
        Prompt(decoder, Enumerable.Repeat(41, 211).ToArray(), 1);
        var batch = new DecodeBatch(64);
        Fill(batch, Tokens("退款多久"), 2);
        Assert.Equal(DecodeStatus.NoRoom, decoder.Decode(batch));
        Assert.Equal((299, 210, -1), (decoder.LastPosition(0), decoder.LastPosition(1), decoder.LastPosition(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Logits(batch.Count - 1).Length);
        Assert.True(decoder.Remove(1, 0, -1));
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
        AssertClose(expected, decoder.Logits(batch.Count - 1).ToArray());
    }

    [Fact]
    public void An_abort_stops_the_decode_and_it_can_be_resumed_from_the_last_positions()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        var text = Tokens("您好，我要退款，订单多久到？");
        var expected = Prompt(decoder, text, 0);
        decoder.Clear();
        decoder.Abort();
        var batch = new DecodeBatch(64);
        Fill(batch, text, 0);
        Assert.Equal(DecodeStatus.Aborted, decoder.Decode(batch));
        decoder.ResetAbort();
        var done = decoder.LastPosition(0) + 1;
        AssertClose(expected, Prompt(decoder, text[done..], 0));
    }

    [Fact]
    public async Task An_abort_from_another_thread_ends_a_running_decode()
    {
        using var decoder = TinyModel.NewDecoder(_model, cells: 4096);
        using var started = new ManualResetEventSlim();
        var aborter = Task.Run(() =>
        {
            started.Wait();
            decoder.Abort();
        });
        var (tokens, sequence, status) = (Enumerable.Repeat(40, 512).ToArray(), 0, DecodeStatus.Ok);
        while (status == DecodeStatus.Ok)
        {
            started.Set();
            var batch = new DecodeBatch(512);
            Fill(batch, tokens, sequence++ % 7);
            status = decoder.Decode(batch);
            if (sequence % 7 == 0)
            {
                decoder.Clear();
            }
        }

        await aborter;
        Assert.Equal(DecodeStatus.Aborted, status);
        decoder.ResetAbort();
        decoder.Clear();
        Prompt(decoder, Tokens("hello"), 0);
    }

    [Fact]
    public void Ten_thousand_steps_leave_no_threads_behind()
    {
        using var decoder = TinyModel.NewDecoder(_model, cells: 512);
        var batch = new DecodeBatch(8);
        Run(200);
        var before = Threads();
        Run(10_000);
        // The runtime and other tests start and end threads of their own; ours would be thousands.
        Assert.InRange(Threads(), 0, before + 50);

        void Run(int steps)
        {
            for (var step = 0; step < steps; step++)
            {
                if (step % 128 == 0)
                {
                    decoder.Clear();
                }

                batch.Clear();
                batch.Add(40 + (step % 7), step % 128, 0, logits: true);
                batch.Add(50 + (step % 5), step % 128, 1, logits: true);
                Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
            }
        }

        static int Threads()
        {
            using var self = System.Diagnostics.Process.GetCurrentProcess();
            return self.Threads.Count;
        }
    }

    [Fact]
    public void A_batch_that_breaks_a_rule_is_refused_before_native_code()
    {
        using var decoder = TinyModel.NewDecoder(_model, cells: 1024);
        Refused(b => b.Add(_model.Vocabulary.Count, 0, 0, true));
        Refused(b => b.Add(-1, 0, 0, true));
        Refused(b => b.Add(1, 0, decoder.MaxSequences, true));
        Refused(b => b.Add(1, 0, -1, true));
        Refused(b => b.Add(1, 1, 0, true));
        Refused(b => b.Add(1, -1, 0, true));
        Refused(b => Enumerable.Range(0, decoder.BatchTokens + 1).ToList().ForEach(at => b.Add(1, at, 0, false)));
        Refused(b => Enumerable.Range(0, decoder.MaxOutputs + 1).ToList().ForEach(at => b.Add(1, at, 0, true)));
        Refused(b =>
        {
            b.Add(1, 0, 0, false);
            b.Add(1, 2, 0, true);
        });
        // Nothing of it reached the cache.
        Assert.Equal(-1, decoder.LastPosition(0));
        Prompt(decoder, Tokens("hello"), 0);

        void Refused(Action<DecodeBatch> fill)
        {
            var batch = new DecodeBatch(1024);
            fill(batch);
            Assert.Throws<ArgumentException>(() => decoder.Decode(batch));
        }
    }

    [Fact]
    public void The_most_tokens_and_outputs_that_are_allowed_are_computed()
    {
        using var decoder = TinyModel.NewDecoder(_model, cells: 1024);
        var batch = new DecodeBatch(decoder.BatchTokens);
        for (var at = 0; at < decoder.BatchTokens; at++)
        {
            batch.Add(40 + (at % 9), at, decoder.MaxSequences - 1, at >= decoder.BatchTokens - decoder.MaxOutputs);
        }

        Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
        Assert.Equal(_model.Vocabulary.Count, decoder.Logits(batch.Count - 1).Length);
    }

    [Fact]
    public void Logits_are_only_given_for_rows_that_asked_for_them()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        var batch = new DecodeBatch(4);
        batch.Add(40, 0, 0, logits: false);
        batch.Add(41, 1, 0, logits: true);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
        Assert.All(decoder.Logits(1).ToArray(), value => Assert.True(float.IsFinite(value)));
        foreach (var row in (int[])[0, 2, -1, 600])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Logits(row).Length);
        }
    }

    [Fact]
    public void Copies_and_removals_outside_of_what_there_is_are_refused()
    {
        using var decoder = TinyModel.NewDecoder(_model);
        Prompt(decoder, Tokens("hello"), 0);
        Prompt(decoder, Tokens("order"), 1);
        var length = decoder.LastPosition(0) + 1;
        Assert.Throws<ArgumentException>(() => decoder.Copy(0, 0, 0, 1));
        Assert.Throws<ArgumentException>(() => decoder.Copy(0, 2, 0, length + 1));
        Assert.Throws<ArgumentException>(() => decoder.Copy(0, 1, 0, 1));
        Assert.Throws<ArgumentException>(() => decoder.Copy(0, 256, 0, 1));
        Assert.Throws<ArgumentException>(() => decoder.Copy(-1, 2, 0, 0));
        Assert.Throws<ArgumentException>(() => decoder.Remove(256, 0, -1));
        Assert.Throws<ArgumentException>(() => decoder.Remove(0, -1, -1));
        Assert.Throws<ArgumentException>(() => decoder.LastPosition(256));
        Assert.True(decoder.Remove(7, 0, -1));
    }

    [Fact]
    public void A_disposed_decoder_may_still_be_aborted()
    {
        var decoder = TinyModel.NewDecoder(_model);
        decoder.Dispose();
        decoder.Abort();
        decoder.Dispose();
    }

    [Fact]
    public async Task A_context_keeps_its_model_alive()
    {
        var model = await TinyModel.LoadAsync(TinyModel.Chat);
        using var decoder = TinyModel.NewDecoder(model);
        var tokens = Tokens("hello");
        model.Dispose();
        Assert.Equal(DecodeStatus.Ok, DecodeOnce(decoder, tokens));
    }

    [Fact]
    public async Task An_encoder_is_no_chat_model()
    {
        using var encoder = await TinyModel.LoadAsync(TinyModel.Embedding);
        var exception = Assert.Throws<SmartService.Inference.Hosting.ModelUnavailableException>(() => TinyModel.NewDecoder(encoder));
        Assert.Contains("bert", exception.Message, StringComparison.Ordinal);
    }

    private int[] Tokens(string text) => _model.Vocabulary.Tokenize(text, special: false);

    private static DecodeStatus DecodeOnce(IDecoder decoder, int[] tokens)
    {
        var batch = new DecodeBatch(512);
        Fill(batch, tokens, 0);
        return decoder.Decode(batch);
    }

    private static float[] Prompt(IDecoder decoder, int[] tokens, int sequence)
    {
        var batch = new DecodeBatch(512);
        Fill(batch, tokens, sequence, decoder.LastPosition(sequence) + 1);
        Assert.Equal(DecodeStatus.Ok, decoder.Decode(batch));
        return decoder.Logits(batch.Count - 1).ToArray();
    }

    private static void Fill(DecodeBatch batch, int[] tokens, int sequence, int start = 0)
    {
        for (var at = 0; at < tokens.Length; at++)
        {
            batch.Add(tokens[at], start + at, sequence, at == tokens.Length - 1);
        }
    }

    /// <summary>Equal up to rounding: batch shapes differ in the last bits (llama-cpp.md b.7); logits here are about 30 apart.</summary>
    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        for (var at = 0; at < expected.Length; at++)
        {
            Assert.InRange(actual[at], expected[at] - (largest * 1e-3f), expected[at] + (largest * 1e-3f));
        }
    }
}
