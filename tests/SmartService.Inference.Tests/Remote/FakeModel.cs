using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace SmartService.Inference.Tests.Remote;

/// <summary>A client that says one text, or fails before or behind its first words, or never begins.</summary>
internal sealed class FakeModel(string text = "好。") : IChatClient
{
    /// <summary>Thrown before the first token.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Thrown behind the text.</summary>
    public Exception? FailureBehind { get; set; }

    public bool Hangs { get; set; }

    /// <summary>Whether the stream says why it ends.</summary>
    public bool Finishes { get; set; } = true;

    public int Calls { get; private set; }

    public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Calls++;
        Asked.TrySetResult();
        yield return new ChatResponseUpdate(ChatRole.Assistant, "");
        await Task.Yield();
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        }

        if (Failure is not null)
        {
            throw Failure;
        }

        if (text.Length > 0)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, text);
        }

        if (FailureBehind is not null)
        {
            throw FailureBehind;
        }

        if (Finishes)
        {
            yield return new ChatResponseUpdate { FinishReason = ChatFinishReason.Stop };
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(text) : null;

    public void Dispose()
    {
    }
}
