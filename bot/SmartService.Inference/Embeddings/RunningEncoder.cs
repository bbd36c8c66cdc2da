using SmartService.Inference.Engine;
using SmartService.Inference.Hosting;
using SmartService.Inference.Native;

namespace SmartService.Inference.Embeddings;

/// <summary>An encoder at work: a loaded model, its tokens and its queue on the inference thread.</summary>
internal sealed class RunningEncoder(EncoderFacts facts, EncoderFrame frame, TextTokens tokens, EncoderQueue queue, InferenceThread thread) : IAsyncDisposable
{
    public EncoderFacts Facts { get; } = facts;

    public EncoderFrame Frame { get; } = frame;

    public TextTokens Tokens { get; } = tokens;

    public EncoderQueue Queue { get; } = queue;

    /// <exception cref="ModelUnavailableException">The context could not be made.</exception>
    public static async Task<RunningEncoder> StartAsync(
        LlamaModel model, EncoderFacts facts, int maxTokens, LocalModelOptions options, InferenceThread thread, TimeProvider time, Func<bool>? isChatBusy)
    {
        IEncoder Create() => LlamaEncoder.Create(model, facts, maxTokens, options.Threads);
        // What may fail comes before the context, which would have to be freed on its thread.
        var frame = EncoderFrame.Of(model.Handle, model.Metadata);
        var encoder = await thread.RunAsync(Create);
        var queue = new EncoderQueue(encoder, Create, thread, new EncoderQueueOptions { MaxWaitingTokens = options.EmbeddingMaxWaiting }, time, isChatBusy);
        await thread.AddAsync(queue);
        return new RunningEncoder(facts, frame, new TextTokens(model.Vocabulary, frame, queue.MaxTokens), queue, thread);
    }

    /// <summary>Fails what waits and frees the context, on the inference thread, which must still run.</summary>
    public async ValueTask DisposeAsync()
    {
        await thread.RemoveAsync(Queue);
        await thread.RunAsync(() =>
        {
            Queue.Close();
            return true;
        });
    }
}
