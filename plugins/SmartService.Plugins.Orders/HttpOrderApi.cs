using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace SmartService.Plugins.Orders;

/// <summary>The order system over HTTP; <see cref="IOrderApi"/> describes the contract.</summary>
internal sealed class HttpOrderApi(HttpClient http) : IOrderApi
{
    internal const string KeyHeader = "Idempotency-Key";
    private const int MaxBody = 256 * 1024;

    public Task<OrderLookup> FindAsync(string orderId, string phoneTail, CancellationToken cancellationToken = default) => SendAsync(
        () => new HttpRequestMessage(HttpMethod.Get, $"orders/{Uri.EscapeDataString(orderId)}?phone_tail={Uri.EscapeDataString(phoneTail)}"),
        async response => response.StatusCode switch
        {
            HttpStatusCode.OK => new OrderLookup(LookupStatus.Found, Same(orderId, await ReadAsync(response, OrdersJson.Wire.Order, cancellationToken), order => order.Id)),
            HttpStatusCode.NotFound or HttpStatusCode.Forbidden => new OrderLookup(LookupStatus.NotMatched),
            _ => null,
        },
        cancellationToken);

    public Task<ReturnOutcome> RequestReturnAsync(string orderId, ReturnRequest request, string idempotencyKey, CancellationToken cancellationToken = default) => SendAsync(
        () => new HttpRequestMessage(HttpMethod.Post, $"orders/{Uri.EscapeDataString(orderId)}/returns")
        {
            Content = JsonContent.Create(request, OrdersJson.Wire.ReturnRequest),
            Headers = { { KeyHeader, idempotencyKey } },
        },
        async response => response.StatusCode switch
        {
            HttpStatusCode.OK or HttpStatusCode.Created => new ReturnOutcome(Same(orderId, await ReadAsync(response, OrdersJson.Wire.OrderReturn, cancellationToken), accepted => accepted.OrderId)),
            HttpStatusCode.NotFound or HttpStatusCode.Forbidden => new ReturnOutcome(null, OrderTexts.Say("not_matched"), Identified: false),
            HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity =>
                new ReturnOutcome(null, (await ReadAsync(response, OrdersJson.Wire.OrderProblem, cancellationToken)).Detail),
            _ => null,
        },
        cancellationToken);

    private async Task<T> SendAsync<T>(Func<HttpRequestMessage> create, Func<HttpResponseMessage, Task<T?>> read, CancellationToken cancellationToken) where T : class
    {
        try
        {
            using var request = create();
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return await read(response) ?? throw new OrderApiException($"The order system answered {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or TimeoutRejectedException or BrokenCircuitException or JsonException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // MA0054 wants the inner exception; its message may hold the address with the phone tail in it.
#pragma warning disable MA0054
            throw new OrderApiException($"The order system could not be used ({exception.GetType().Name}).");
#pragma warning restore MA0054
        }
    }

    // An answer about another order belongs to another customer.
    private static T Same<T>(string orderId, T answer, Func<T, string> about) => string.Equals(about(answer), orderId, StringComparison.OrdinalIgnoreCase)
        ? answer
        : throw new OrderApiException("The order system answered about another order.");

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxBody, cancellationToken);
        return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("The body is null.");
    }
}
