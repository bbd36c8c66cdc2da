namespace SmartService.Inference.Engine;

/// <summary>Something that the inference thread does in steps: the chat scheduler, the embedding queue, the rerank queue.</summary>
internal interface IStepSource
{
    /// <summary>Whether a step would do anything now. Only on the inference thread.</summary>
    bool HasWork { get; }

    /// <summary>Does one step, at most about as long as one decode. Must not throw for a bad request. Only on the inference thread.</summary>
    void Step();

    /// <summary>Ends all its requests and refuses new ones, whatever state it is in; called when a step threw after all. May be called again. Only on the inference thread, or when that has ended.</summary>
    void Close();
}
