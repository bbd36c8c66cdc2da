using System.Globalization;
using LLama.Native;
using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Embeddings;

/// <summary>An <see cref="IEncoder"/> over a LLamaSharp context of its own. The weights stay the caller's and must outlive it.</summary>
internal sealed class LlamaEncoder : IEncoder
{
    // llama.cpp refuses ids from 256 on and reserves pooling rows for each; 64 short texts fill a pass.
    private const int MostTexts = 64;

    private readonly SafeLLamaContextHandle _context;
    private readonly LLamaBatch _batch = new();
    private readonly EncoderFacts _facts;
    private readonly int _vocabularySize;
    private readonly int[] _next = new int[MostTexts];

    private LlamaEncoder(SafeLLamaContextHandle context, EncoderFacts facts, EncoderLimits limits, int vocabularySize)
    {
        (_context, _facts, _vocabularySize) = (context, facts, vocabularySize);
        (MaxTokens, BatchTokens) = (limits.MaxTokens, limits.BatchTokens);
        Width = facts.Pooling == EncoderPooling.Rank ? 1 : context.EmbeddingSize;
    }

    public int MaxTokens { get; }

    public int BatchTokens { get; }

    public int MaxTexts => MostTexts;

    public int Width { get; }

    // A mean over tokens of several passes would be the mean of the last pass only.
    public bool CanSplit => CanSplitTexts(_facts);

    /// <summary>Makes the context. On the inference thread.</summary>
    /// <param name="model">The loaded model.</param>
    /// <param name="facts">What its file says.</param>
    /// <param name="maxTokens">The longest text, in tokens; 0: what the model was trained with, at most <see cref="EncoderLimits.DefaultMaxTokens"/>.</param>
    /// <param name="threads">Threads of a pass; 0: one per processor.</param>
    /// <exception cref="ModelUnavailableException">The context could not be made, usually for want of memory.</exception>
    public static LlamaEncoder Create(LlamaModel model, EncoderFacts facts, int maxTokens, int threads)
    {
        var limits = EncoderLimits.Of(facts, maxTokens);
        var settings = LLamaContextParams.Default();
        settings.n_ctx = (uint)limits.Cells;
        // A model that looks both ways needs its whole pass in one physical batch; more tokens than that end the process (llama_encode asserts it).
        settings.n_batch = settings.n_ubatch = (uint)limits.BatchTokens;
        settings.n_seq_max = MostTexts;
        settings.kv_unified = true;
        settings.embeddings = true;
        settings.llama_pooling_type = (LLamaPoolingType)facts.Pooling;
        settings.n_threads = settings.n_threads_batch = threads > 0 ? threads : Environment.ProcessorCount;
        settings.no_perf = true;
        var context = model.Handle.CreateContext(settings);
        if (context.IsInvalid)
        {
            context.Dispose();
            throw new ModelUnavailableException(string.Create(
                CultureInfo.InvariantCulture, $"The model {facts.Name} could not get a context of {limits.Cells} tokens, probably for want of memory."));
        }

        if ((int)context.PoolingType != (int)facts.Pooling)
        {
            context.Dispose();
            throw new ModelUnavailableException($"The model {facts.Name} cannot pool its tokens by {facts.Pooling}.");
        }

        return new LlamaEncoder(context, facts, limits, model.Vocabulary.Count);
    }

    public static bool CanSplitTexts(EncoderFacts facts) =>
        facts.IsCausal && (facts.Pooling == EncoderPooling.Last || (facts.Pooling == EncoderPooling.Rank && facts.RanksByLastToken));

    public DecodeStatus Encode(IReadOnlyList<EncoderPiece> pieces, Span<float[]?> results)
    {
        Check(pieces, results.Length);
        _batch.Clear();
        foreach (var piece in pieces)
        {
            for (var at = piece.Start; at < piece.Start + piece.Count; at++)
            {
                _batch.Add((LLamaToken)piece.Tokens[at], (LLamaPos)at, (LLamaSeqId)piece.Sequence, logits: true);
            }
        }

        var status = Map(_facts.IsCausal ? _context.Decode(_batch) : _context.Encode(_batch));
        if (status == DecodeStatus.Ok)
        {
            for (var at = 0; at < pieces.Count; at++)
            {
                results[at] = pieces[at].Ends ? Read(pieces[at].Sequence) : null;
                Advance(pieces[at]);
            }
        }

        return status;
    }

    public void Clear()
    {
        Array.Clear(_next);
        if (_facts.IsCausal)
        {
            _context.MemoryClear();
        }
    }

    public void Dispose() => _context.Dispose();

    private float[] Read(int sequence)
    {
        // LLamaSharp spans a whole vector also where the model gives scores: only the first number is there (n_cls_out of them).
        return _context.GetEmbeddingsSeq((LLamaSeqId)sequence)[..Width].ToArray();
    }

    private void Advance(EncoderPiece piece)
    {
        _next[piece.Sequence] = piece.Ends ? 0 : piece.Start + piece.Count;
        if (_facts.IsCausal && piece.Ends)
        {
            _context.MemorySequenceRemove((LLamaSeqId)piece.Sequence, 0, -1);
        }
    }

    private void Check(IReadOnlyList<EncoderPiece> pieces, int results)
    {
        Require(results >= pieces.Count && pieces.Count is > 0 and <= MostTexts, pieces, "the number of pieces");
        var (tokens, seen) = (0, 0UL);
        foreach (var piece in pieces)
        {
            Require(piece.Sequence is >= 0 and < MostTexts && (seen & (1UL << piece.Sequence)) == 0, pieces, "a sequence id");
            seen |= 1UL << piece.Sequence;
            Require(piece.Count > 0 && piece.Start >= 0 && piece.Start + piece.Count <= piece.Tokens.Length, pieces, "a piece's bounds");
            Require(piece.Tokens.Length <= MaxTokens, pieces, "a text's length");
            Require(piece.Start == _next[piece.Sequence] && (CanSplit || (piece.Start == 0 && piece.Ends)), pieces, "a piece's place in its text");
            tokens += piece.Count;
            Require(!piece.Tokens.AsSpan(piece.Start, piece.Count).ContainsAnyExceptInRange(0, _vocabularySize - 1), pieces, "a token");
        }

        Require(tokens <= BatchTokens, pieces, "the number of tokens");
    }

    private static void Require(bool holds, IReadOnlyList<EncoderPiece> pieces, string what)
    {
        if (!holds)
        {
            throw new ArgumentException($"The pass breaks a limit of the encoder: {what}.", nameof(pieces));
        }
    }

    private static DecodeStatus Map(DecodeResult result) => result switch
    {
        DecodeResult.Ok => DecodeStatus.Ok,
        DecodeResult.NoKvSlot => DecodeStatus.NoRoom,
        DecodeResult.ComputeAborted => DecodeStatus.Aborted,
        DecodeResult.InvalidInputBatch => DecodeStatus.Invalid,
        _ => DecodeStatus.Failed,
    };
}
