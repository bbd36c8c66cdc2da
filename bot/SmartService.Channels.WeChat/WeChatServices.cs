using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using SmartService.Channels.WeChat.Api;
using SmartService.Channels.WeChat.Kf;

namespace SmartService.Channels.WeChat;

/// <summary>Registration of the WeChat channels.</summary>
public static class WeChatServices
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(8);

    /// <summary>
    /// Adds the channels that section <c>WeChat</c> configures; one without settings is off and registers nothing. Needs an
    /// <see cref="IInbox"/>.
    /// </summary>
    public static IServiceCollection AddWeChat(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration.GetSection(WeChatOptions.Section);
        services.AddOptionsWithValidateOnStart<WeChatOptions>().Bind(section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WeChatOptions>, WeChatOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        if (!IsKfOn(configuration))
        {
            return services;
        }

        AddHttp(services);
        services.TryAddSingleton<WeComHttp>();
        services.TryAddSingleton<AccessTokens>();
        services.TryAddSingleton<KfApi>();
        services.TryAddSingleton<KfSessions>();
        services.TryAddSingleton<KfProbe>();
        services.TryAddSingleton<RefusalBudget>();
        services.TryAddSingleton<WeChatEndpoint>();
        services.AddSingleton<IChannel, KfChannel>();
        services.AddSingleton<IMessageSource, KfMessageSource>();
        return services;
    }

    /// <summary>Whether 微信客服 has settings.</summary>
    public static bool IsKfOn(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.GetSection(WeChatOptions.Section).Get<WeChatOptions>()?.Kf.IsOn == true;
    }

    /// <summary>Maps the callbacks of the channels that are on.</summary>
    public static IEndpointRouteBuilder MapWeChat(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.ServiceProvider.GetService<IServiceProviderIsService>()?.IsService(typeof(WeChatEndpoint)) == true)
        {
            // Delegates of the endpoint's own, resolved per request: the settings are validated by then.
            Map(endpoints.MapGet("/wechat/kf", (RequestDelegate)(context => Endpoint(context).VerifyKfAsync(context))));
            Map(endpoints.MapPost("/wechat/kf", (RequestDelegate)(context => Endpoint(context).ReceiveKfAsync(context))));
        }

        return endpoints;

        static WeChatEndpoint Endpoint(HttpContext context) => context.RequestServices.GetRequiredService<WeChatEndpoint>();

        // WeCom signs its calls; it knows no sign-in, no antiforgery token and no API description.
        static void Map(IEndpointConventionBuilder route) => route.AllowAnonymous().ExcludeFromDescription();
    }

    private static void AddHttp(IServiceCollection services) => services
        .AddHttpClient(WeComHttp.ClientName, client =>
        {
            client.Timeout = CallTimeout;
            client.MaxResponseContentBufferSize = 32 * 1024 * 1024;
        })
        // The default loggers write addresses, and ours carry tokens and secrets.
        .RemoveAllLoggers()
        .UseSocketsHttpHandler((handler, provider) =>
        {
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
            handler.ConnectTimeout = TimeSpan.FromSeconds(5);
            handler.AutomaticDecompression = DecompressionMethods.All;
            // A stand-in on this machine is not behind the company's proxy.
            handler.UseProxy = !new Uri(provider.GetRequiredService<IOptions<WeChatOptions>>().Value.ApiBaseUrl).IsLoopback;
        })
        .AddResilienceHandler("wecom", Resilience);

    private static void Resilience(ResiliencePipelineBuilder<HttpResponseMessage> pipeline)
    {
        // The network's time limits run on the real clock, whatever clock the rest is given.
        pipeline.TimeProvider = TimeProvider.System;
        pipeline
            // One quick repeat, and only when nothing reached the platform. Everything else is repeated by the outbox and the
            // puller, whose waits the platform's limits set; retries here would multiply with theirs.
            .AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.FromMilliseconds(200),
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is HttpRequestException
                {
                    HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
                }),
            })
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 20,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(5),
            })
            .AddTimeout(AttemptTimeout);
    }
}
