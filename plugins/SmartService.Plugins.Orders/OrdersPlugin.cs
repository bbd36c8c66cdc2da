using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace SmartService.Plugins.Orders;

/// <summary>Order status and return requests. Add it with <c>services.AddPlugin&lt;OrdersPlugin&gt;()</c>; settings in section <c>Orders</c>.</summary>
public sealed class OrdersPlugin : IPlugin
{
    public string Name => "orders";

    public void Configure(PluginBuilder plugin)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        plugin.AddTools<OrderTools>().AddFlow<OrderStatusFlow>().AddFlow<ReturnRequestFlow>();

        plugin.Services.AddOptionsWithValidateOnStart<OrdersOptions>().BindConfiguration("Orders").ValidateDataAnnotations()
            .Validate(options => !options.IsSet || options.IsSafe, "Orders:BaseUrl must be an https address, or http on this machine, without user name or password.");
        plugin.Services.AddHttpClient<IOrderApi, HttpOrderApi>((provider, http) =>
        {
            // Without an address the flows do not start, and a tool that is called all the same fails.
            var options = provider.GetRequiredService<IOptions<OrdersOptions>>().Value;
            http.BaseAddress = options.IsSet ? new Uri(options.BaseUrl.TrimEnd('/') + "/") : null;
            http.Timeout = Timeout.InfiniteTimeSpan;
        })
        // Addresses hold the phone tail, so nothing may log them; a redirect would carry it elsewhere.
        .RemoveAllLoggers()
        .UseSocketsHttpHandler(static (handler, _) => (handler.AllowAutoRedirect, handler.UseCookies) = (false, false))
        .AddResilienceHandler("orders", static (pipeline, context) => pipeline
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.FromMilliseconds(100),
                ShouldHandle = static outcome => ValueTask.FromResult(MayRepeat(outcome.Context) && HttpClientResiliencePredicates.IsTransient(outcome.Outcome)),
            })
            .AddTimeout(TimeSpan.FromSeconds(context.ServiceProvider.GetRequiredService<IOptions<OrdersOptions>>().Value.TimeoutSeconds)));
    }

    // A POST is repeated only under a key: without one a lost answer would become a second return.
    private static bool MayRepeat(ResilienceContext context) =>
        context.GetRequestMessage() is { } request && (request.Method == HttpMethod.Get || request.Headers.Contains(HttpOrderApi.KeyHeader));
}
