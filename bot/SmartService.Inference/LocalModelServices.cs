using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartService.Inference.Catalogue;
using SmartService.Inference.Chat;
using SmartService.Inference.Embeddings;
using SmartService.Inference.Hosting;
using SmartService.Inference.Reranking;

namespace SmartService.Inference;

/// <summary>Registers the models of this machine that the settings name, or that lie in the model folder.</summary>
public static class LocalModelServices
{
    /// <summary>
    /// Adds <see cref="IModelHost"/> and, for each model that there is, <see cref="IChatClient"/>,
    /// <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of <see cref="string"/> and <see cref="Embedding{T}"/> of float, and
    /// <see cref="IReranker"/>. Without any nothing is added but the check of the settings. The host is started in the background; one
    /// that cannot load costs the model and not the program: its clients throw <see cref="ModelUnavailableException"/>.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="section">The settings of <see cref="LocalModelOptions"/> and, below <c>Chat</c>, of <see cref="LocalChatOptions"/>; in the product <c>Model</c>.</param>
    /// <param name="host">Makes the host; null: as <see cref="LocalModelOptions.Isolation"/> says.</param>
    public static IServiceCollection AddLocalModel(this IServiceCollection services, IConfiguration section, Func<IServiceProvider, IModelHost>? host = null)
    {
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptionsWithValidateOnStart<LocalModelOptions>().Bind(section);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<LocalModelOptions>, LocalModelOptionsValidator>());
        services.AddOptionsWithValidateOnStart<LocalChatOptions>().Bind(section.GetSection("Chat")).ValidateDataAnnotations();
        var chat = ChatPath(section);
        var (hasEmbedder, hasReranker) = (IsSet(section, nameof(LocalModelOptions.EmbeddingPath)), IsSet(section, nameof(LocalModelOptions.RerankerPath)));
        if (chat is null && !hasEmbedder && !hasReranker)
        {
            return services;
        }

        // Looked up once: a model that is pulled while the program runs must not be half used.
        services.PostConfigure<LocalModelOptions>(options => options.Path = chat ?? "");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModelHost>(provider => new CheckedModelHost((host ?? ModelHosts.Create)(provider), provider.GetRequiredService<IOptions<LocalChatOptions>>().Value));
        services.TryAddSingleton<ModelHostGauges>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LocalModelStart>());
        if (chat is not null)
        {
            services.AddClient(ModelClients.Local, section, provider => new LocalChatClient(
                provider.GetRequiredService<IModelHost>(), provider.GetRequiredService<IOptions<LocalChatOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        }

        if (hasEmbedder)
        {
            services.AddSingleton(provider => LocalEmbeddingGenerator.Observed(
                provider.GetRequiredService<IModelHost>(), model: null, provider.GetRequiredService<TimeProvider>(), ModelClients.TelemetryName, NullLoggerFactory.Instance));
        }

        if (hasReranker)
        {
            services.AddSingleton<IReranker, LocalReranker>();
        }

        return services;
    }

    /// <summary>The chat model: the setting, else the newest in the folder, else null.</summary>
    private static string? ChatPath(IConfiguration section)
    {
        if (IsSet(section, nameof(LocalModelOptions.Path)))
        {
            return section[nameof(LocalModelOptions.Path)];
        }

        return string.Equals(section[nameof(LocalModelOptions.UseNewest)], "false", StringComparison.OrdinalIgnoreCase)
            ? null
            : ModelFolder.Of(new LocalModelOptions { Folder = section[nameof(LocalModelOptions.Folder)] ?? "" }).Newest()?.Path;
    }

    private static bool IsSet(IConfiguration section, string name) => !string.IsNullOrWhiteSpace(section[name]);
}

[OptionsValidator]
internal sealed partial class LocalModelOptionsValidator : IValidateOptions<LocalModelOptions>;
