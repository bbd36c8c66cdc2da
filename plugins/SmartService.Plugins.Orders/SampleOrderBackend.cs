using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace SmartService.Plugins.Orders;

/// <summary>
/// A small order system over a JSON file, for <c>demo</c> and tests. It enforces the contract of <see cref="IOrderApi"/> as
/// strictly as a real one should; what it accepts lives in memory.
/// </summary>
public static partial class SampleOrderBackend
{
    private const string Problem = "application/problem+json";

    /// <summary>
    /// Maps the order endpoints below <paramref name="path"/>, over the orders in the file <paramref name="ordersJson"/>. With
    /// <paramref name="recent"/> all dates move by whole days so that the newest order is of today, and returns stay possible.
    /// </summary>
    public static IEndpointConventionBuilder MapSampleOrders(this IEndpointRouteBuilder endpoints, string path, string ordersJson, bool recent = false)
    {
        var time = endpoints.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
        var file = JsonSerializer.Deserialize(File.ReadAllText(ordersJson), SampleOrdersJson.Default.ListSampleOrder)!;
        var age = recent && file.Max(order => order.CreatedAt) is { } newest ? (int)(time.GetUtcNow() - newest).TotalDays : 0;
        var orders = file.Select(order => order.Later(age)).ToDictionary(order => order.Id, StringComparer.Ordinal);
        var returns = new SampleReturns();
        var group = endpoints.MapGroup(path);

        group.MapGet("/orders/{id}", (string id, HttpRequest request) =>
            Refusal(orders, id, request.Query["phone_tail"]) ?? Json(StatusCodes.Status200OK, returns.Shown(orders[id]), SampleOrdersJson.Default.SampleOrder));

        group.MapPost("/orders/{id}/returns", async (string id, HttpRequest request) =>
        {
            var key = request.Headers[HttpOrderApi.KeyHeader].ToString();
            if (!Key().IsMatch(key))
            {
                return Refused(StatusCodes.Status400BadRequest, "bad_key", "The header Idempotency-Key must be 8 to 64 letters, digits, - or _.");
            }

            if (!request.HasJsonContentType())
            {
                return Refused(StatusCodes.Status415UnsupportedMediaType, "not_json", "The body must be JSON.");
            }

            ReturnRequest? body;
            try
            {
                body = await request.ReadFromJsonAsync(OrdersJson.Wire.ReturnRequest, request.HttpContext.RequestAborted);
            }
            catch (JsonException)
            {
                body = null;
            }

            if (body is null || string.IsNullOrWhiteSpace(body.Reason) || string.IsNullOrEmpty(body.PhoneTail))
            {
                return Refused(StatusCodes.Status400BadRequest, "bad_body", "phone_tail and reason are required.");
            }

            return Refusal(orders, id, body.PhoneTail) ?? returns.Accept(orders[id], key, body, time.GetUtcNow());
        });
        return group;
    }

    private static IResult? Refusal(Dictionary<string, SampleOrder> orders, string id, string? phoneTail) => !orders.TryGetValue(id, out var order)
        ? Refused(StatusCodes.Status404NotFound, "unknown_order", "没有这个订单。")
        : order.PhoneTail == phoneTail ? null : Refused(StatusCodes.Status403Forbidden, "wrong_phone", "手机号后四位不符。");

    internal static IResult Refused(int status, string code, string detail, DateTimeOffset? deadline = null) =>
        Results.Json(new OrderProblem(code, status, detail, code, deadline), OrdersJson.Wire.OrderProblem, Problem, status);

    internal static IResult Json<T>(int status, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => Results.Json(value, type, statusCode: status);

    [GeneratedRegex("^[0-9A-Za-z_-]{8,64}$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Key();
}

/// <summary>Returns that the sample back end accepted.</summary>
internal sealed class SampleReturns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Order, ReturnRequest Request, OrderReturn Return)> _byKey = new(StringComparer.Ordinal);

    public IResult Accept(SampleOrder order, string key, ReturnRequest request, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_byKey.TryGetValue(key, out var known))
            {
                return known.Order == order.Id && known.Request == request
                    ? SampleOrderBackend.Json(StatusCodes.Status200OK, known.Return, OrdersJson.Wire.OrderReturn)
                    : SampleOrderBackend.Refused(StatusCodes.Status409Conflict, "key_reused", "同一个提交编号对应了不同的内容。");
            }

            if (order.Status == "退货中" || _byKey.Values.Any(other => other.Order == order.Id))
            {
                return SampleOrderBackend.Refused(StatusCodes.Status409Conflict, "already_open", "这个订单已经有一个退货申请在处理了。");
            }

            if (order.ReturnableUntil is not { } until || until < now)
            {
                return SampleOrderBackend.Refused(StatusCodes.Status422UnprocessableEntity, "not_returnable", "这个订单现在不能退货。", order.ReturnableUntil);
            }

            var accepted = new OrderReturn($"TH{order.Id[2..]}", order.Id, "待上门取件");
            _byKey[key] = (order.Id, request, accepted);
            return SampleOrderBackend.Json(StatusCodes.Status201Created, accepted, OrdersJson.Wire.OrderReturn);
        }
    }

    /// <summary>The order as others may see it: without the phone, with a return that was accepted here.</summary>
    public SampleOrder Shown(SampleOrder order)
    {
        lock (_lock)
        {
            var open = _byKey.Values.Any(other => other.Order == order.Id);
            return order with { PhoneTail = null, Status = open ? "退货中" : order.Status, ReturnableUntil = open ? null : order.ReturnableUntil };
        }
    }
}

/// <summary>A row of the sample file.</summary>
internal sealed record SampleOrder
{
    public required string Id { get; init; }

    public string? PhoneTail { get; init; }

    public required string Status { get; init; }

    public IReadOnlyList<OrderItem> Items { get; init; } = [];

    public decimal Total { get; init; }

    public decimal Discount { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? ShippedAt { get; init; }

    public string? Carrier { get; init; }

    public string? TrackingNo { get; init; }

    public DateOnly? ExpectedAt { get; init; }

    public DateTimeOffset? SignedAt { get; init; }

    public DateTimeOffset? ReturnableUntil { get; init; }

    public string? Note { get; init; }

    public SampleOrder Later(int days) => this with
    {
        CreatedAt = CreatedAt?.AddDays(days),
        ShippedAt = ShippedAt?.AddDays(days),
        ExpectedAt = ExpectedAt?.AddDays(days),
        SignedAt = SignedAt?.AddDays(days),
        ReturnableUntil = ReturnableUntil?.AddDays(days),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(List<SampleOrder>))]
internal sealed partial class SampleOrdersJson : JsonSerializerContext;
