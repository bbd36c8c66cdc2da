namespace SmartService.Plugins.Orders;

/// <summary>
/// The shop's order system. The HTTP contract that <see cref="HttpOrderApi"/> speaks and <c>MapSampleOrders</c> enforces:
/// <list type="bullet">
/// <item><c>GET {base}/orders/{id}?phone_tail=1234</c> → 200 with an order, 404 when there is no such order, 403 when the tail is not the buyer's.</item>
/// <item><c>POST {base}/orders/{id}/returns</c> with header <c>Idempotency-Key</c> (8 to 64 letters, digits, <c>-</c>, <c>_</c>) and
/// <c>{"phone_tail":"1234","reason":"…"}</c> → 201 with <c>{"id","order_id","status"}</c>. The same key and body again → 200 with the
/// same return; the same key with another body → 409 <c>key_reused</c>; a return is already open → 409 <c>already_open</c>;
/// not returnable → 422 <c>not_returnable</c>; no or a bad key → 400; not JSON → 415.</item>
/// <item>Everything is JSON in snake case. Errors are <c>application/problem+json</c> with <c>code</c>, a <c>detail</c> for customers and,
/// for 422, the <c>deadline</c> where there was one.</item>
/// </list>
/// Implementations are thread-safe.
/// </summary>
public interface IOrderApi
{
    /// <summary>Looks an order up.</summary>
    /// <exception cref="OrderApiException">The order system is away or broken.</exception>
    Task<OrderLookup> FindAsync(string orderId, string phoneTail, CancellationToken cancellationToken = default);

    /// <summary>Requests a return. Repeating it with the same key changes nothing more.</summary>
    /// <exception cref="OrderApiException">The order system is away or broken; the request may or may not have arrived: repeat it with the same key.</exception>
    Task<ReturnOutcome> RequestReturnAsync(string orderId, ReturnRequest request, string idempotencyKey, CancellationToken cancellationToken = default);
}

/// <summary>What a look-up gave.</summary>
public sealed record OrderLookup(LookupStatus Status, Order? Order = null);

/// <summary>How a look-up ended.</summary>
public enum LookupStatus
{
    /// <summary>The order is there and the phone fits.</summary>
    Found,

    /// <summary>No such order, or the phone tail is not the buyer's: telling which would help guessing.</summary>
    NotMatched,

    /// <summary>Too many wrong guesses at this order or by this customer; the order system was not asked.</summary>
    Locked,
}

/// <summary>What a return request gave: the return, or why not in words for customers.</summary>
/// <param name="Return">The accepted return.</param>
/// <param name="Refusal">Why not.</param>
/// <param name="Identified">False when number and phone tail belong to no order; then nothing was looked at.</param>
public sealed record ReturnOutcome(OrderReturn? Return, string? Refusal = null, bool Identified = true);

/// <summary>The order system could not be used. The message holds no customer data.</summary>
public sealed class OrderApiException : Exception
{
    public OrderApiException()
    {
    }

    public OrderApiException(string message) : base(message)
    {
    }

    public OrderApiException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
