using SmartService.Inference.Embeddings;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Embeddings;

public sealed class LlamaEncoderTests
{
    // One thread each: the arithmetic is tiny.
    private const double SameVector = 1e-4;

    [Fact]
    public async Task Vectors_are_those_of_an_independent_computation()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        using var encoder = TinyEncoders.New(model);
        var reference = new ReferenceBert(TinyModel.Embedding);
        var random = new Random(3);
        for (var text = 0; text < 10; text++)
        {
            var tokens = TinyEncoders.Text(random, 1, 40, model.Vocabulary.Count);
            Assert.InRange(Vectors.Cosine(TinyEncoders.Alone(encoder, tokens), reference.Mean(tokens)), 0.9999, 1.0001);
        }
    }

    [Fact]
    public async Task Different_texts_have_different_vectors()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        using var encoder = TinyEncoders.New(model);
        var one = TinyEncoders.Alone(encoder, [10, 11, 12]);
        Assert.InRange(Vectors.Cosine(one, TinyEncoders.Alone(encoder, [12, 11, 10])), -1, 0.99);
        Assert.InRange(Vectors.Cosine(one, TinyEncoders.Alone(encoder, [10, 11, 13])), -1, 0.99);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_text_has_the_same_vector_whatever_shares_its_pass(bool looksBack)
    {
        using var model = await TinyModel.LoadAsync(looksBack ? TinyEncoders.Last : TinyModel.Embedding);
        using var encoder = TinyEncoders.New(model);
        var random = new Random(5);
        for (var pass = 0; pass < 30; pass++)
        {
            var texts = new List<int[]>();
            for (var room = encoder.BatchTokens; texts.Count < encoder.MaxTexts;)
            {
                var text = TinyEncoders.Text(random, 1, 30, model.Vocabulary.Count);
                if ((room -= text.Length) < 0)
                {
                    break;
                }

                texts.Add(text);
            }

            var pieces = texts.Select((text, at) => new EncoderPiece(at, text, 0, text.Length)).OrderBy(_ => random.Next()).ToList();
            var results = new float[]?[pieces.Count];
            Assert.Equal(DecodeStatus.Ok, encoder.Encode(pieces, results));
            foreach (var at in Enumerable.Range(0, pieces.Count).OrderBy(_ => random.Next()).Take(5))
            {
                Assert.InRange(Vectors.Cosine(TinyEncoders.Alone(encoder, pieces[at].Tokens), results[at]!), 1 - SameVector, 1 + SameVector);
            }
        }
    }

    [Fact]
    public async Task A_text_in_pieces_has_the_vector_of_the_whole_text()
    {
        using var model = await TinyModel.LoadAsync(TinyEncoders.Last);
        using var encoder = TinyEncoders.New(model);
        Assert.True(encoder.CanSplit);
        var random = new Random(7);
        var text = TinyEncoders.Text(random, 100, 101, model.Vocabulary.Count);
        var other = TinyEncoders.Text(random, 9, 10, model.Vocabulary.Count);
        var whole = TinyEncoders.Alone(encoder, text);
        var beside = TinyEncoders.Alone(encoder, other);
        var results = new float[]?[2];
        for (var done = 0; done < text.Length;)
        {
            var count = Math.Min(random.Next(1, 30), text.Length - done);
            Assert.Equal(DecodeStatus.Ok, encoder.Encode([new EncoderPiece(0, text, done, count), new EncoderPiece(1, other, 0, other.Length)], results));
            Assert.InRange(Vectors.Cosine(beside, results[1]!), 1 - SameVector, 1 + SameVector);
            done += count;
            Assert.Equal(done == text.Length, results[0] is not null);
        }

        Assert.InRange(Vectors.Cosine(whole, results[0]!), 1 - SameVector, 1 + SameVector);
    }

    [Fact]
    public async Task A_half_computed_text_is_forgotten_when_asked()
    {
        using var model = await TinyModel.LoadAsync(TinyEncoders.Last);
        using var encoder = TinyEncoders.New(model);
        int[] text = [10, 11, 12, 13];
        var expected = TinyEncoders.Alone(encoder, text);
        encoder.Encode([new EncoderPiece(0, [20, 21, 22, 23], 0, 2)], new float[]?[1]);
        encoder.Clear();
        Assert.InRange(Vectors.Cosine(expected, TinyEncoders.Alone(encoder, text)), 1 - SameVector, 1 + SameVector);
    }

    [Fact]
    public async Task A_pass_that_breaks_a_limit_never_reaches_native_code()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        using var encoder = TinyEncoders.New(model);
        var results = new float[]?[encoder.MaxTexts + 1];
        int[] text = [10, 11, 12];
        var whole = new EncoderPiece(0, text, 0, 3);
        EncoderPiece[][] wrong =
        [
            [],
            [whole, whole],
            [whole with { Sequence = -1 }],
            [whole with { Sequence = encoder.MaxTexts }],
            [whole with { Count = 0 }],
            [whole with { Count = 4 }],
            [whole with { Count = 2 }],
            [whole with { Start = 1, Count = 2 }],
            [whole with { Tokens = [10, -1, 12] }],
            [whole with { Tokens = [10, model.Vocabulary.Count, 12] }],
            [new EncoderPiece(0, Enumerable.Repeat(9, encoder.MaxTokens + 1).ToArray(), 0, encoder.MaxTokens + 1)],
            [.. Enumerable.Range(0, (encoder.BatchTokens / 100) + 1).Select(at => new EncoderPiece(at, Enumerable.Repeat(9, 100).ToArray(), 0, 100))],
            [.. Enumerable.Range(0, encoder.MaxTexts + 1).Select(at => new EncoderPiece(at, [9], 0, 1))],
        ];
        foreach (var pieces in wrong)
        {
            Assert.Throws<ArgumentException>(() => encoder.Encode(pieces, results));
        }

        Assert.Throws<ArgumentException>(() => encoder.Encode([whole], []));
        Assert.Equal(DecodeStatus.Ok, encoder.Encode([whole], results));
    }

    [Fact]
    public async Task A_text_of_the_longest_length_is_encoded()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Embedding);
        using var encoder = TinyEncoders.New(model);
        Assert.Equal(128, encoder.MaxTokens);
        Assert.Equal(encoder.Width, TinyEncoders.Alone(encoder, TinyEncoders.Text(new Random(1), 128, 129, model.Vocabulary.Count)).Length);
    }

    [Fact]
    public async Task Texts_that_have_ended_leave_nothing_in_the_cache()
    {
        using var model = await TinyModel.LoadAsync(TinyEncoders.Last);
        using var encoder = TinyEncoders.New(model);
        var random = new Random(9);
        // Many times as many tokens as the context has cells: it would be full, and the pass refused, if any stayed.
        for (var pass = 0; pass < 200; pass++)
        {
            TinyEncoders.Alone(encoder, TinyEncoders.Text(random, 150, 250, model.Vocabulary.Count));
        }
    }

    [Fact]
    public async Task A_reranker_is_refused_as_an_embedding_model()
    {
        using var model = await TinyModel.LoadAsync(TinyModel.Reranker);
        using var thread = new InferenceThread();
        var refused = await Assert.ThrowsAsync<ModelUnavailableException>(() => TextEmbedder.StartAsync(model, TinyModel.Options, thread, TimeProvider.System));
        Assert.Contains("reranker", refused.Message, StringComparison.Ordinal);
    }
}
