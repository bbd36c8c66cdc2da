using Microsoft.Extensions.AI;
using SmartService.Inference.Chat;

namespace SmartService.Inference.Remote;

/// <summary>
/// Stands outside telemetry, which writes <see cref="ChatOptions.ConversationId"/> into traces: our conversations are named after
/// customers. The additional property of the same meaning is not written.
/// </summary>
internal sealed class HiddenConversation(IChatClient inner) : DelegatingChatClient(inner)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetResponseAsync(messages, Hidden(options), cancellationToken);

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        base.GetStreamingResponseAsync(messages, Hidden(options), cancellationToken);

    private static ChatOptions? Hidden(ChatOptions? options)
    {
        if (options?.ConversationId is not { } conversation)
        {
            return options;
        }

        var hidden = options.Clone();
        hidden.ConversationId = null;
        hidden.AdditionalProperties = new AdditionalPropertiesDictionary(options.AdditionalProperties ?? []);
        hidden.AdditionalProperties.TryAdd(ChatRequestProperties.Conversation, conversation);
        return hidden;
    }
}
