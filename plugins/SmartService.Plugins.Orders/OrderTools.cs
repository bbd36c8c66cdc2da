using System.ComponentModel;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;

namespace SmartService.Plugins.Orders;

/// <summary>
/// What flows and the model may do with orders. The phone tail is part of every question: an order number alone shows nothing.
/// Arguments may come from a model, so they are checked here, and guesses at a phone tail are counted here for flows too.
/// </summary>
public sealed class OrderTools(IOrderApi api, IAttemptLimiter attempts, IOptions<OrdersOptions> options)
{
    private const string Guess = "order_phone";
    private readonly OrderArguments _arguments = new(options.Value);

    [KernelFunction("status"), ToolEffect(Effect.Read), Description("查询订单状态和物流，需要订单号和下单手机号后四位")]
    public async Task<OrderLookup> StatusAsync(
        [Description("订单号，例如 MY20261018001")] string orderId,
        [Description("下单手机号后四位，由顾客提供")] string phoneTail,
        CancellationToken cancellationToken)
    {
        if (_arguments.Number(orderId) is not { } order || !OrderArguments.IsTail(phoneTail))
        {
            return new OrderLookup(LookupStatus.NotMatched);
        }

        return await GuessAsync(
            order, () => api.FindAsync(order, phoneTail, cancellationToken), lookup => lookup.Status == LookupStatus.Found, new OrderLookup(LookupStatus.Locked), cancellationToken);
    }

    [KernelFunction("request_return"), ToolEffect(Effect.Write), Description("申请退货")]
    public async Task<ReturnOutcome> RequestReturnAsync(
        [Description("订单号")] string orderId,
        [Description("下单手机号后四位")] string phoneTail,
        [Description("退货原因")] string reason,
        [Description("由系统填写")] string idempotencyKey,
        CancellationToken cancellationToken)
    {
        if (_arguments.Number(orderId) is not { } order || !OrderArguments.IsTail(phoneTail))
        {
            return new ReturnOutcome(null, OrderTexts.Say("not_matched"), Identified: false);
        }

        if (!OrderArguments.IsReason(reason))
        {
            return new ReturnOutcome(null, OrderTexts.Say("reason_bad"));
        }

        return await GuessAsync(
            order,
            () => api.RequestReturnAsync(order, new ReturnRequest(phoneTail, reason), idempotencyKey, cancellationToken),
            outcome => outcome.Identified,
            new ReturnOutcome(null, OrderTexts.Say("locked"), Identified: false),
            cancellationToken);
    }

    private async Task<T> GuessAsync<T>(string order, Func<Task<T>> ask, Func<T, bool> fits, T locked, CancellationToken cancellationToken)
    {
        if (!await attempts.BeginAsync(Guess, order, cancellationToken))
        {
            return locked;
        }

        T answer;
        try
        {
            answer = await ask();
        }
        catch (Exception exception) when (exception is OrderApiException or OperationCanceledException)
        {
            // The order system judged nothing that anybody saw; a customer is not locked out for its outage or slowness.
            await attempts.TakeBackAsync(Guess, order, CancellationToken.None);
            throw;
        }

        if (fits(answer))
        {
            await attempts.TakeBackAsync(Guess, order, cancellationToken);
        }

        return answer;
    }
}
