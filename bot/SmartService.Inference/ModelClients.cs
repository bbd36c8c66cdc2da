using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Abstractions;
using SmartService.Inference.Remote;

namespace SmartService.Inference;

/// <summary>
/// Which chat clients there are. Each is a keyed service; the <see cref="IChatClient"/> without a key is the one of them, or
/// both behind a <see cref="ModelFailoverClient"/>. Without any there is no <see cref="IChatClient"/> at all.
/// </summary>
public static class ModelClients
{
    /// <summary>Key of the model on this machine.</summary>
    public const string Local = "local";

    /// <summary>Key of the OpenAI-compatible server.</summary>
    public const string Endpoint = "endpoint";

    /// <summary>
    /// Key in the additional properties of what a <see cref="ModelFailoverClient"/> answers, of each update and of the whole:
    /// <see cref="Local"/> or <see cref="Endpoint"/>. Without it there is only one that can have answered.
    /// </summary>
    public const string AnsweredByKey = "answered_by";

    /// <summary>Name of our meters and activity sources, for exporters.</summary>
    public const string TelemetryName = "SmartService.Inference";

    /// <summary>Adds a client under its key, and the <see cref="IChatClient"/> that all together make.</summary>
    internal static void AddClient(this IServiceCollection services, string key, IConfiguration section, Func<IServiceProvider, IChatClient> create)
    {
        services.AddOptionsWithValidateOnStart<FailoverOptions>().Bind(section).ValidateDataAnnotations();
        // Without a logger: it would log failures with their messages, and a request that a customer's leaving ended as a failure.
        services.AddKeyedChatClient(key, create)
            .Use(inner => new HiddenConversation(inner))
            .UseOpenTelemetry(NullLoggerFactory.Instance, TelemetryName, static telemetry => telemetry.EnableSensitiveData = false);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IChatClient>(Together);
    }

    private static IChatClient Together(IServiceProvider provider)
    {
        var (local, endpoint) = (provider.GetKeyedService<IChatClient>(Local), provider.GetKeyedService<IChatClient>(Endpoint));
        return local is not null && endpoint is not null ? ModelFailoverClient.Of(provider, local, endpoint) : local ?? endpoint!;
    }
}
