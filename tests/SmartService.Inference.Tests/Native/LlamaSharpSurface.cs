namespace SmartService.Inference.Tests.Native;

/// <summary>
/// What we use of LLamaSharp 0.30.0, as reflection shows it: members with their signatures, structs with their fields and size,
/// enumerations with their values. Written by hand-picking from the assembly; a new release is compared with it line by line.
/// </summary>
internal static class LlamaSharpSurface
{
    public const string Text = """
        LLama.LLamaWeights: System.Threading.Tasks.Task`1[LLama.LLamaWeights] LoadFromFileAsync(LLama.Abstractions.IModelParams, System.Threading.CancellationToken, System.IProgress`1[System.Single])
        LLama.LLamaWeights: LLama.Native.SafeLlamaModelHandle NativeHandle
        LLama.LLamaWeights: System.Collections.Generic.IReadOnlyDictionary`2[System.String,System.String] Metadata
        LLama.LLamaWeights: Void Dispose()
        LLama.Native.SafeLlamaModelHandle: LLama.Native.SafeLLamaContextHandle CreateContext(LLama.Native.LLamaContextParams)
        LLama.Native.SafeLlamaModelHandle: LLama.Native.LLamaToken[] Tokenize(System.String, Boolean, Boolean, System.Text.Encoding)
        LLama.Native.SafeLlamaModelHandle: UInt32 TokenToSpan(LLama.Native.LLamaToken, System.Span`1[System.Byte], Int32, Boolean)
        LLama.Native.SafeLlamaModelHandle: System.String GetTemplate(System.String, Boolean)
        LLama.Native.SafeLlamaModelHandle: Vocabulary Vocab
        LLama.Native.SafeLlamaModelHandle: Int32 ContextSize
        LLama.Native.SafeLlamaModelHandle: Int32 EmbeddingSize
        LLama.Native.SafeLlamaModelHandle: UInt64 SizeInBytes
        LLama.Native.SafeLlamaModelHandle: Boolean HasEncoder
        LLama.Native.SafeLlamaModelHandle: Boolean HasDecoder
        LLama.Native.SafeLlamaModelHandle: Boolean IsRecurrent
        LLama.Native.SafeLlamaModelHandle+Vocabulary: Int32 Count
        LLama.Native.SafeLlamaModelHandle+Vocabulary: LLama.Native.LLamaVocabType Type
        LLama.Native.SafeLlamaModelHandle+Vocabulary: System.Nullable`1[LLama.Native.LLamaToken] BOS
        LLama.Native.SafeLlamaModelHandle+Vocabulary: System.Nullable`1[LLama.Native.LLamaToken] EOS
        LLama.Native.SafeLlamaModelHandle+Vocabulary: System.Nullable`1[LLama.Native.LLamaToken] SEP
        LLama.Native.SafeLlamaModelHandle+Vocabulary: Boolean ShouldAddBOS
        LLama.Native.LLamaToken: Boolean IsControl(LLama.Native.SafeLlamaModelHandle)
        LLama.Native.LLamaToken: Boolean IsControl(Vocabulary)
        LLama.Native.LLamaToken: Boolean IsEndOfGeneration(LLama.Native.SafeLlamaModelHandle)
        LLama.Native.LLamaToken: Boolean IsEndOfGeneration(Vocabulary)
        LLama.Native.LLamaToken: LLama.Native.LLamaToken op_Implicit(Int32)
        LLama.Native.LLamaToken: Int32 op_Explicit(LLama.Native.LLamaToken)
        LLama.Native.LLamaSeqId: Int32 op_Explicit(LLama.Native.LLamaSeqId)
        LLama.Native.LLamaSeqId: LLama.Native.LLamaSeqId op_Explicit(Int32)
        LLama.Native.LLamaPos: LLama.Native.LLamaPos op_Implicit(Int32)
        LLama.Native.LLamaPos: Int32 op_Explicit(LLama.Native.LLamaPos)
        LLama.Native.SafeLLamaContextHandle: UInt32 ContextSize
        LLama.Native.SafeLLamaContextHandle: UInt32 BatchSize
        LLama.Native.SafeLLamaContextHandle: LLama.Native.LLamaPoolingType PoolingType
        LLama.Native.SafeLLamaContextHandle: LLama.Native.DecodeResult Decode(LLama.Native.LLamaBatch)
        LLama.Native.SafeLLamaContextHandle: LLama.Native.DecodeResult Decode(LLama.Native.LLamaBatchEmbeddings)
        LLama.Native.SafeLLamaContextHandle: LLama.Native.DecodeResult Encode(LLama.Native.LLamaBatch)
        LLama.Native.SafeLLamaContextHandle: System.Span`1[System.Single] GetLogitsIth(Int32)
        LLama.Native.SafeLLamaContextHandle: System.Span`1[System.Single] GetEmbeddingsSeq(LLama.Native.LLamaSeqId)
        LLama.Native.SafeLLamaContextHandle: System.Span`1[System.Single] GetEmbeddingsIth(LLama.Native.LLamaPos)
        LLama.Native.SafeLLamaContextHandle: Void MemoryClear(Boolean)
        LLama.Native.SafeLLamaContextHandle: Void MemorySequenceCopy(LLama.Native.LLamaSeqId, LLama.Native.LLamaSeqId, LLama.Native.LLamaPos, LLama.Native.LLamaPos)
        LLama.Native.SafeLLamaContextHandle: Void MemorySequenceRemove(LLama.Native.LLamaSeqId, LLama.Native.LLamaPos, LLama.Native.LLamaPos)
        LLama.Native.SafeLLamaContextHandle: LLama.Native.LLamaPos MemorySequenceMaxPosition(LLama.Native.LLamaSeqId)
        LLama.Native.SafeLLamaContextHandle: Int32 GenerationThreads
        LLama.Native.SafeLLamaContextHandle: Int32 BatchThreads
        LLama.Native.LLamaBatch: Void .ctor()
        LLama.Native.LLamaBatch: Int32 Add(LLama.Native.LLamaToken, LLama.Native.LLamaPos, LLama.Native.LLamaSeqId, Boolean)
        LLama.Native.LLamaBatch: Int32 Add(LLama.Native.LLamaToken, LLama.Native.LLamaPos, System.Collections.Generic.List`1[LLama.Native.LLamaSeqId], Boolean)
        LLama.Native.LLamaBatch: Int32 Add(LLama.Native.LLamaToken, LLama.Native.LLamaPos, System.ReadOnlySpan`1[LLama.Native.LLamaSeqId], Boolean)
        LLama.Native.LLamaBatch: Void Clear()
        LLama.Native.LLamaBatch: Int32 TokenCount
        LLama.Native.NativeApi: Void llama_empty_call()
        LLama.Native.NativeApi: Boolean llama_supports_gpu_offload()
        LLama.Native.NativeApi: Boolean llama_supports_mmap()
        LLama.Native.NativeApi: IntPtr llama_print_system_info()
        LLama.Native.NativeApi: UIntPtr ggml_backend_dev_count()
        LLama.Native.NativeApi: IntPtr ggml_backend_dev_get(UIntPtr)
        LLama.Native.NativeApi: IntPtr ggml_backend_dev_name(IntPtr)
        LLama.Native.NativeLibraryConfig: LLama.Native.NativeLibraryConfigContainer All
        LLama.Native.NativeLibraryConfig: LLama.Native.NativeLibraryConfig LLama
        LLama.Native.NativeLibraryConfig: Boolean DryRun(LLama.Abstractions.INativeLibrary ByRef)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithLogCallback(LLamaLogCallback)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithLogCallback(Microsoft.Extensions.Logging.ILogger)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithSearchDirectory(System.String)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithAutoFallback(Boolean)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithVulkan(Boolean)
        LLama.Native.NativeLibraryConfigContainer: LLama.Native.NativeLibraryConfigContainer WithSelectingPolicy(LLama.Abstractions.INativeLibrarySelectingPolicy)
        LLama.Abstractions.INativeLibrarySelectingPolicy: System.Collections.Generic.IEnumerable`1[LLama.Abstractions.INativeLibrary] Apply(Description, LLama.Native.SystemInfo, LLamaLogCallback)
        LLama.Abstractions.INativeLibrary: LLama.Native.NativeLibraryMetadata Metadata
        LLama.Abstractions.INativeLibrary: System.Collections.Generic.IEnumerable`1[System.String] Prepare(LLama.Native.SystemInfo, LLamaLogCallback)
        LLama.Native.NativeLibraryMetadata: Void .ctor(LLama.Native.NativeLibraryName, Boolean, Boolean, LLama.Native.AvxLevel)
        LLama.Common.ModelParams: Void .ctor(System.String)
        LLama.Common.ModelParams: LLama.Native.LLamaLoadMode LoadMode
        LLama.Common.ModelParams: Int32 GpuLayerCount
        LLama.Common.ModelParams: System.Nullable`1[System.UInt32] ContextSize
        LLama.Common.ModelParams: UInt32 BatchSize
        LLama.Common.ModelParams: UInt32 UBatchSize
        LLama.Common.ModelParams: UInt32 SeqMax
        LLama.Common.ModelParams: System.Nullable`1[System.Int32] Threads
        LLama.Common.ModelParams: System.Nullable`1[System.Int32] BatchThreads
        LLama.Common.ModelParams: System.Nullable`1[System.Boolean] KVUnified
        LLama.Common.ModelParams: System.Nullable`1[LLama.Native.GGMLType] TypeK
        LLama.Common.ModelParams: System.Nullable`1[LLama.Native.GGMLType] TypeV
        LLama.Common.ModelParams: Boolean Embeddings
        LLama.Common.ModelParams: LLama.Native.LLamaPoolingType PoolingType
        LLama.Extensions.IContextParamsExtensions: Void ToLlamaContextParams(LLama.Abstractions.IContextParams, LLama.Native.LLamaContextParams ByRef)
        LLama.Native.LLamaContextParams: LLama.Native.LLamaContextParams Default()
        LLama.Native.LLamaContextParams = UInt32 n_ctx, UInt32 n_batch, UInt32 n_ubatch, UInt32 n_seq_max, UInt32 n_rs_seq, UInt32 n_outputs_max, Int32 n_threads, Int32 n_threads_batch, LLamaContextType context_type, RopeScalingType rope_scaling_type, LLamaPoolingType llama_pooling_type, LLamaAttentionType attention_type, LLamaFlashAttentionType llama_flash_attn_type, Single rope_freq_base, Single rope_freq_scale, Single yarn_ext_factor, Single yarn_attn_factor, Single yarn_beta_fast, Single yarn_beta_slow, UInt32 yarn_orig_ctx, Single defrag_threshold, IntPtr cb_eval, IntPtr cb_eval_user_data, GGMLType type_k, GGMLType type_v, IntPtr abort_callback, IntPtr abort_callback_user_data, SByte _embeddings, SByte _offload_kqv, SByte _no_perf, SByte _op_offload, SByte _swa_full, SByte _kv_unified, IntPtr samplers, UIntPtr n_samplers, IntPtr ctx_other = 160
        LLama.Native.LLamaModelParams = IntPtr* devices, LLamaModelTensorBufferOverride* tensor_buft_overrides, Int32 n_gpu_layers, GPUSplitMode split_mode, LLamaLoadMode load_mode, Int32 main_gpu, Single* tensor_split, LlamaProgressCallback progress_callback, Void* progress_callback_user_data, LLamaModelMetadataOverride* kv_overrides, SByte _vocab_only, SByte _check_tensors, SByte _use_extra_bufts, SByte _no_host, SByte _no_alloc, SByte _load_mtp = 72
        LLama.Native.LLamaNativeBatch = Int32 n_tokens, LLamaToken* tokens, Single* embd, LLamaPos* pos, Int32* n_seq_id, LLamaSeqId** seq_id, Byte* logits = 56
        LLama.Native.DecodeResult = Ok 0, NoKvSlot 1, ComputeAborted 2, DecodeFailed -3, AllocationFailed -2, InvalidInputBatch -1
        LLama.Native.LLamaPoolingType = None 0, Mean 1, CLS 2, Last 3, Rank 4, Unspecified -1
        LLama.Native.LLamaVocabType = None 0, SentencePiece 1, BytePairEncoding 2, WordPiece 3, Unigram 4, RWKV 5, PLAMO2 6
        LLama.Native.AvxLevel = None 0, Avx 1, Avx2 2, Avx512 3
        LLama.Native.LLamaLoadMode = None 0, MemoryMap 1, MemoryLock 2, MemoryMapAndLock 3, DirectIO 4
        LLama.Native.LLamaLogLevel = None 0, Debug 1, Info 2, Warning 3, Error 4, Continue 5
        """;
}
