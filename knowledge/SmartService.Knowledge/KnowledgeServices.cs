using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Knowledge.Retrieval;

namespace SmartService.Knowledge;

/// <summary>Registers the knowledge base.</summary>
public static class KnowledgeServices
{
    /// <summary>The tables of the knowledge base.</summary>
    public static MigrationSet Migrations { get; } = new("knowledge", typeof(KnowledgeServices).Assembly);

    /// <summary>Adds <see cref="IRetriever"/> and <see cref="KnowledgeBase"/> over the registered <see cref="IDatabase"/>.</summary>
    public static IServiceCollection AddKnowledge(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<KnowledgeOptions>().Bind(configuration.GetSection("Knowledge"));
        services.AddSingleton<IValidateOptions<KnowledgeOptions>, KnowledgeOptionsValidator>();
        services.AddSingleton(Migrations);
        services.AddSingleton(Calibration.Embedded);
        services.AddSingleton<HybridRetriever>();
        services.AddSingleton<IRetriever>(provider => provider.GetRequiredService<HybridRetriever>());
        services.AddSingleton<KnowledgeBase>();
        return services;
    }
}
