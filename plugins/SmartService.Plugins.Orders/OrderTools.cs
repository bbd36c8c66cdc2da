using System.ComponentModel;
using Microsoft.SemanticKernel;

namespace SmartService.Plugins.Orders;

/// <summary>What flows and the model may do with orders. The phone tail is part of every question: an order number alone shows nothing.</summary>
public sealed class OrderTools(IOrderApi api)
{
    [KernelFunction("status"), Description("查询订单状态和物流，需要订单号和下单手机号后四位")]
    public Task<OrderLookup> StatusAsync(
        [Description("订单号，例如 MY20261018001")] string orderId,
        [Description("下单手机号后四位，由顾客提供")] string phoneTail,
        CancellationToken cancellationToken) => api.FindAsync(orderId, phoneTail, cancellationToken);

    [KernelFunction("request_return"), ToolEffect(Effect.Write), Description("申请退货")]
    public Task<ReturnOutcome> RequestReturnAsync(
        [Description("订单号")] string orderId,
        [Description("下单手机号后四位")] string phoneTail,
        [Description("退货原因")] string reason,
        [Description("由系统填写")] string idempotencyKey,
        CancellationToken cancellationToken) => api.RequestReturnAsync(orderId, new ReturnRequest(phoneTail, reason), idempotencyKey, cancellationToken);
}
