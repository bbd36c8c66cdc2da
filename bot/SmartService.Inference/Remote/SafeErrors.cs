using System.ClientModel;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Polly.Timeout;

namespace SmartService.Inference.Remote;

/// <summary>
/// The innermost decorator of the endpoint: a failure leaves it with its status and kind only. A server's error may repeat the
/// request, and telemetry puts an exception's message into traces; neither message nor inner exception goes on from here.
/// </summary>
internal sealed class SafeErrors(IChatClient inner) : DelegatingChatClient(inner)
{
    public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await base.GetResponseAsync(messages, options, cancellationToken);
        }
        catch (Exception exception)
        {
            throw Clean(exception, cancellationToken);
        }
    }

    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var updates = base.GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    break;
                }
            }
            catch (Exception exception)
            {
                throw Clean(exception, cancellationToken);
            }

            yield return updates.Current;
        }
    }

    private static Exception Clean(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        _ when cancellationToken.IsCancellationRequested => new OperationCanceledException(cancellationToken),
        ClientResultException { Status: > 0 } refused => new ModelEndpointException($"The model endpoint answered {refused.Status}.", refused.Status),
        HttpRequestException request => Unreachable(request),
        ClientResultException { InnerException: HttpRequestException request } => Unreachable(request),
        TimeoutException or TimeoutRejectedException or OperationCanceledException => new TimeoutException("The model endpoint did not answer in time."),
        ArgumentException or NotSupportedException => new NotSupportedException($"The request is of a kind that the model endpoint cannot take ({exception.GetType().Name})."),
        _ => new ModelEndpointException($"The model endpoint failed ({exception.GetType().Name}).", status: 0),
    };

    private static HttpRequestException Unreachable(HttpRequestException exception) =>
        new(exception.HttpRequestError, $"The model endpoint cannot be asked ({exception.HttpRequestError}).", inner: null, exception.StatusCode);
}

/// <summary>The model endpoint failed.</summary>
/// <param name="message">Nothing that the server wrote.</param>
/// <param name="status">Its HTTP status; 0: none.</param>
internal sealed class ModelEndpointException(string message, int status) : Exception(message)
{
    public int Status => status;
}
