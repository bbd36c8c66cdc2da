namespace SmartService.Inference.Engine;

/// <summary>
/// One model's context: the only thing that the scheduler needs from a native library. Used by one thread, except <see cref="Abort"/>.
/// Sequences share one pool of cells (unified cache): copying marks cells as shared, nothing is moved.
/// </summary>
internal interface IDecoder : IDisposable
{
    Vocabulary Vocabulary { get; }

    /// <summary>Cells of the cache, shared by all sequences.</summary>
    int Cells { get; }

    /// <summary>The most tokens of one sequence: the smaller of cells and the context that the model was trained with.</summary>
    int ContextTokens { get; }

    /// <summary>The most tokens of one batch.</summary>
    int BatchTokens { get; }

    /// <summary>The most rows with logits of one batch.</summary>
    int MaxOutputs { get; }

    /// <summary>Sequence ids are 0 up to this, exclusive.</summary>
    int MaxSequences { get; }

    /// <summary>Whether the end of a sequence can be removed; not for recurrent models and sliding windows.</summary>
    bool CanTrim { get; }

    /// <summary>Computes the batch. The decoder has checked it against the limits above before native code sees it.</summary>
    /// <exception cref="ArgumentException">The batch breaks a limit or a sequence's positions have a gap: a mistake of ours that native code would answer with an abort.</exception>
    DecodeStatus Decode(DecodeBatch batch);

    /// <summary>Logits of a row of the last batch, one per token of the vocabulary, writable, valid until the next decode.</summary>
    Span<float> Logits(int row);

    /// <summary>Lets <paramref name="to"/> share positions <paramref name="start"/> up to <paramref name="end"/>, exclusive, of <paramref name="from"/>.</summary>
    void Copy(int from, int to, int start, int end);

    /// <summary>Removes positions from <paramref name="start"/> up to <paramref name="end"/>, exclusive; -1: to the end. False: refused, nothing was removed.</summary>
    bool Remove(int sequence, int start, int end);

    /// <summary>The last position of a sequence, or -1 when it is empty.</summary>
    int LastPosition(int sequence);

    /// <summary>Forgets everything.</summary>
    void Clear();

    /// <summary>Makes a running decode return <see cref="DecodeStatus.Aborted"/> within milliseconds (CPU only). From any thread; holds until <see cref="ResetAbort"/>.</summary>
    void Abort();

    void ResetAbort();
}

internal enum DecodeStatus
{
    Ok,

    /// <summary>No room in the cache; nothing changed, the batch may be tried again.</summary>
    NoRoom,

    /// <summary>Stopped by <see cref="IDecoder.Abort"/>; part of the batch may be in the cache: read the last positions.</summary>
    Aborted,

    /// <summary>Refused as malformed; nothing changed.</summary>
    Invalid,

    /// <summary>The context is broken; make another one.</summary>
    Failed,
}
