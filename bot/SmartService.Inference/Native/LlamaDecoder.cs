using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Common;
using LLama.Extensions;
using LLama.Native;
using SmartService.Inference.Engine;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Native;

/// <summary>A context of a chat model over LLamaSharp's low-level surface, with one cache for all sequences.</summary>
internal sealed unsafe class LlamaDecoder : IDecoder
{
    /// <summary>LLamaSharp pins every array of the capacity on each decode, and 128 is what a batch begins with.</summary>
    private const int SmallBatch = 128;

    private readonly LlamaModel _model;
    private readonly SafeLLamaContextHandle _context;
    private readonly BatchRules _rules;
    private readonly Func<int, int> _lastPosition;
    private readonly LLamaBatch _small = new();
    private readonly LLamaBatch _large = new();

    // Rows of the last batch that have logits.
    private readonly bool[] _hasLogits;
    private int _rows;

    // Read by native code, so it must not move, and must outlive a late Abort: pinned and left to the collector.
    private readonly byte[] _abort = GC.AllocateArray<byte>(1, pinned: true);

    /// <summary>Makes the context; on the inference thread, as everything else but <see cref="Abort"/>.</summary>
    /// <exception cref="ModelUnavailableException">There is not enough memory, or the model is not one that generates text.</exception>
    public LlamaDecoder(LlamaModel model, DecoderShape shape)
    {
        // llama.cpp would run an encoder without complaint and have no logits for it.
        if (model.File.Kind is ModelKind.Embedding or ModelKind.Reranker || !model.Handle.HasDecoder || model.Handle.HasEncoder)
        {
            throw new ModelUnavailableException($"The model file '{model.FilePath}' is of architecture {model.Architecture}, which does not generate text.");
        }

        _model = model;
        Parameters(shape).ToLlamaContextParams(out var parameters);
        parameters.n_outputs_max = (uint)shape.MaxOutputs;
        parameters.no_perf = true;
        parameters.abort_callback = (nint)(delegate* unmanaged[Cdecl]<byte*, byte>)&IsAbortWanted;
        parameters.abort_callback_user_data = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_abort));
        NativeLog.Forget();
        _context = model.Handle.CreateContext(parameters);
        // LLamaSharp gives a handle of nothing when llama.cpp refuses, and the next call would read a null pointer.
        if (_context.IsInvalid)
        {
            _context.Dispose();
            throw new ModelUnavailableException($"llama.cpp refused a context of {shape.Cells} tokens for '{model.FilePath}': {NativeLog.LastError?.TrimEnd('.') ?? "probably not enough memory"}.");
        }

        Cells = (int)_context.ContextSize;
        ContextTokens = Math.Min(Cells, model.TrainedContext);
        BatchTokens = (int)Math.Min(_context.BatchSize, (uint)shape.BatchTokens);
        (MaxOutputs, MaxSequences) = (shape.MaxOutputs, shape.MaxSequences);
        _rules = new BatchRules(model.Vocabulary.Count, BatchTokens, MaxOutputs, MaxSequences, ContextTokens);
        _lastPosition = sequence => (int)_context.MemorySequenceMaxPosition((LLamaSeqId)sequence);
        _hasLogits = new bool[BatchTokens];
        CanTrim = ProbeTrim();
    }

    public Vocabulary Vocabulary => _model.Vocabulary;

    public int Cells { get; }

    public int ContextTokens { get; }

    public int BatchTokens { get; }

    public int MaxOutputs { get; }

    public int MaxSequences { get; }

    public bool CanTrim { get; private set; }

    public DecodeStatus Decode(DecodeBatch batch)
    {
        _rules.Check(batch, _lastPosition);
        _rows = 0;
        if (batch.Count == 0)
        {
            return DecodeStatus.Ok;
        }

        var native = batch.Count <= SmallBatch ? _small : _large;
        native.Clear();
        for (var row = 0; row < batch.Count; row++)
        {
            native.Add(batch.Tokens[row], batch.Positions[row], (LLamaSeqId)batch.Sequences[row], batch.WantsLogits[row]);
        }

        switch (_context.Decode(native))
        {
            case DecodeResult.Ok:
                batch.WantsLogits.CopyTo(_hasLogits);
                _rows = batch.Count;
                return DecodeStatus.Ok;
            case DecodeResult.NoKvSlot:
                return DecodeStatus.NoRoom;
            case DecodeResult.ComputeAborted:
                return DecodeStatus.Aborted;
            case DecodeResult.InvalidInputBatch:
                return DecodeStatus.Invalid;
            default:
                return DecodeStatus.Failed;
        }
    }

    public Span<float> Logits(int row) => (uint)row < (uint)_rows && _hasLogits[row]
        ? _context.GetLogitsIth(row)
        : throw new ArgumentOutOfRangeException(nameof(row), row, "The last batch has no logits in this row.");

    public void Copy(int from, int to, int start, int end)
    {
        _rules.CheckSequence(from, nameof(from));
        _rules.CheckSequence(to, nameof(to));
        var (source, target) = (LastPosition(from), LastPosition(to));
        if (from == to || start < 0 || end < start || end > source + 1)
        {
            throw new ArgumentException($"Positions {start} up to {end} of sequence {from}, which ends at {source}, cannot be copied to {to}.", nameof(end));
        }

        // Two cells of one position in one sequence would both be attended to.
        if (start != target + 1)
        {
            throw new ArgumentException($"Sequence {to} ends at {target}; positions from {start} cannot be added.", nameof(start));
        }

        if (!CanTrim && end != source + 1)
        {
            throw new ArgumentException("This model keeps one state for a whole sequence; part of it cannot be copied.", nameof(end));
        }

        if (end > start)
        {
            _context.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, start, end);
        }
    }

    public bool Remove(int sequence, int start, int end)
    {
        _rules.CheckSequence(sequence, nameof(sequence));
        var last = LastPosition(sequence);
        if (start < 0 || end < -1 || (end >= 0 && end < start))
        {
            throw new ArgumentException($"Positions {start} up to {end} are not a range.", nameof(start));
        }

        var tail = end == -1 || end > last;
        if (last < start || end == start)
        {
            return true;
        }

        if (!CanTrim && !(tail && start == 0))
        {
            return false;
        }

        // The whole sequence is always let go; LLamaSharp drops the native answer, so the positions are asked instead.
        _context.MemorySequenceRemove((LLamaSeqId)sequence, start == 0 && tail ? -1 : start, tail ? -1 : end);
        return !tail || LastPosition(sequence) < start;
    }

    public int LastPosition(int sequence)
    {
        _rules.CheckSequence(sequence, nameof(sequence));
        return _lastPosition(sequence);
    }

    public void Clear()
    {
        _context.MemoryClear();
        _rows = 0;
    }

    public void Abort() => Volatile.Write(ref _abort[0], 1);

    public void ResetAbort() => Volatile.Write(ref _abort[0], 0);

    public void Dispose() => _context.Dispose();

    private static ModelParams Parameters(DecoderShape shape) => new("")
    {
        ContextSize = (uint)shape.Cells,
        BatchSize = (uint)Math.Max(shape.BatchTokens, shape.NativeSequences),
        UBatchSize = (uint)Math.Max(shape.BatchTokens, shape.NativeSequences),
        SeqMax = (uint)shape.NativeSequences,
        Threads = shape.Threads,
        BatchThreads = shape.BatchThreads,
        KVUnified = true,
        TypeK = shape.FullPrecision ? GGMLType.GGML_TYPE_F32 : GGMLType.GGML_TYPE_F16,
        TypeV = shape.FullPrecision ? GGMLType.GGML_TYPE_F32 : GGMLType.GGML_TYPE_F16,
    };

    /// <summary>
    /// Whether the end of a sequence can be taken back: recurrent and hybrid models refuse, and LLamaSharp does not say which
    /// models those are. Warms the smallest graph up as well.
    /// </summary>
    private bool ProbeTrim()
    {
        CanTrim = true;
        var probe = new DecodeBatch(2);
        probe.Add(0, 0, 0, logits: false);
        probe.Add(0, 1, 0, logits: true);
        if (Decode(probe) != DecodeStatus.Ok)
        {
            _context.Dispose();
            throw new ModelUnavailableException($"The model '{_model.FilePath}' loads, but its first step failed: {NativeLog.LastError?.TrimEnd('.') ?? "no reason given"}.");
        }

        var trimmed = Remove(0, 1, -1) && LastPosition(0) == 0;
        Clear();
        return trimmed;
    }

    /// <summary>Asked by ggml before each node of the graph, on the thread that decodes.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte IsAbortWanted(byte* flag) => Volatile.Read(ref *flag);
}
