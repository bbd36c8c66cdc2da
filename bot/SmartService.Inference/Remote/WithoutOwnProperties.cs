using Microsoft.Extensions.AI;

namespace SmartService.Inference.Remote;

/// <summary>
/// Takes out what is only meant for the local model, before a request leaves the machine: the conversation's key names a
/// customer, and no other server knows what to do with it.
/// </summary>
internal sealed class WithoutOwnProperties(IChatClient inner) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(messages, Without(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(messages, Without(options), cancellationToken);

    private static ChatOptions? Without(ChatOptions? options)
    {
        if (options is null or { ConversationId: null, AdditionalProperties: null })
        {
            return options;
        }

        var clean = options.Clone();
        (clean.ConversationId, clean.AdditionalProperties) = (null, null);
        return clean;
    }
}
