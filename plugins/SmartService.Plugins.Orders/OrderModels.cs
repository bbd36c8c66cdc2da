using System.Text.Json.Serialization;

namespace SmartService.Plugins.Orders;

/// <summary>An order as the back end gives it to somebody who knows its number and the tail of the buyer's phone.</summary>
public sealed record Order
{
    public required string Id { get; init; }

    /// <summary>In words for customers, for example 运输中.</summary>
    public required string Status { get; init; }

    public IReadOnlyList<OrderItem> Items { get; init; } = [];

    public decimal Total { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? ShippedAt { get; init; }

    public string? Carrier { get; init; }

    public string? TrackingNo { get; init; }

    public DateOnly? ExpectedAt { get; init; }

    public DateTimeOffset? SignedAt { get; init; }

    /// <summary>Until when a return may be requested; null: not (yet) returnable.</summary>
    public DateTimeOffset? ReturnableUntil { get; init; }

    public string? Note { get; init; }
}

/// <summary>One line of an order.</summary>
public sealed record OrderItem(string? Product, string Name, int Quantity, decimal Price, string? Color = null);

/// <summary>The body of a return request.</summary>
public sealed record ReturnRequest(string PhoneTail, string Reason);

/// <summary>An accepted return.</summary>
/// <param name="Id">Return number.</param>
/// <param name="OrderId">The order.</param>
/// <param name="Status">In words for customers.</param>
public sealed record OrderReturn(string Id, string OrderId, string Status);

/// <summary>Problem details (RFC 9457) as the back end sends them; <c>code</c> is for programs, <c>detail</c> for customers.</summary>
public sealed record OrderProblem(string? Title, int? Status, string? Detail, string? Code, DateTimeOffset? Deadline);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(ReturnRequest))]
[JsonSerializable(typeof(OrderReturn))]
[JsonSerializable(typeof(OrderProblem))]
internal sealed partial class OrdersJson : JsonSerializerContext
{
    /// <summary>Chinese stays readable on the wire.</summary>
    public static OrdersJson Wire { get; } = new(new System.Text.Json.JsonSerializerOptions
    {
        PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
