using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using OpenAI;
using Polly;

namespace SmartService.Inference.Remote;

/// <summary>Registers the model server that the settings name, if they name one.</summary>
public static class ModelEndpointServices
{
    private const string HttpClientName = "model";

    /// <summary>
    /// Adds <see cref="IChatClient"/> when <c>Endpoint</c> is set in <paramref name="section"/> (in the product <c>Model</c>); with a
    /// local model beside it, the two stand in for each other.
    /// </summary>
    public static IServiceCollection AddModelEndpoint(this IServiceCollection services, IConfiguration section)
    {
        services.AddOptionsWithValidateOnStart<ModelEndpointOptions>().Bind(section).ValidateDataAnnotations()
            .Validate(options => !options.HasEndpoint || options.Address is not null, "Model:Endpoint must be an http or https address, for example http://127.0.0.1:8000/v1, without user name or password.")
            .Validate(options => !options.HasEndpoint || options.IsSafe, "Model:Endpoint must be https, or http on this machine; where the network to the server is private, set Model:AllowHttp to true.")
            .Validate(options => !options.HasEndpoint || !string.IsNullOrWhiteSpace(options.Name), "Model:Name must be set together with Model:Endpoint: the name of the model at that server.");
        if (string.IsNullOrWhiteSpace(section["Endpoint"]))
        {
            return services;
        }

        services.AddHttpClient(HttpClientName)
            .ConfigureHttpClient(client => client.Timeout = Timeout.InfiniteTimeSpan)
            // Requests hold what customers wrote and the key: nothing may log them, and a redirect would carry them elsewhere.
            .RemoveAllLoggers()
            .UseSocketsHttpHandler(static (handler, _) => (handler.AllowAutoRedirect, handler.UseCookies) = (false, false))
            .AddResilienceHandler("model", Resilience);
        services.AddClient(ModelClients.Endpoint, section, provider => Client(
            provider.GetRequiredService<IOptions<ModelEndpointOptions>>().Value, provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName)));
        return services;
    }

    private static WithoutOwnProperties Client(ModelEndpointOptions options, HttpClient http)
    {
        var settings = new OpenAIClientOptions
        {
            Endpoint = options.Address,
            Transport = new HttpClientPipelineTransport(http),
            // The SDK repeats a 429 by itself; under Polly the attempts would multiply.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = TimeSpan.FromSeconds(options.TimeoutSeconds * (options.Retries + 2)),
        };
        // Servers without keys ignore it, and the SDK insists on one.
        var key = new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? "none" : options.ApiKey);
        return new WithoutOwnProperties(new SafeErrors(new OpenAIClient(key, settings).GetChatClient(options.Name).AsIChatClient()));
    }

    // A completion changes nothing at the server, so repeating the POST is safe.
    private static void Resilience(ResiliencePipelineBuilder<HttpResponseMessage> builder, ResilienceHandlerContext context)
    {
        var options = context.ServiceProvider.GetRequiredService<IOptions<ModelEndpointOptions>>().Value;
        if (options.Retries > 0)
        {
            builder.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = TimeSpan.FromMilliseconds(300),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldRetryAfterHeader = true,
            });
        }

        builder.AddTimeout(TimeSpan.FromSeconds(options.TimeoutSeconds));
    }
}
