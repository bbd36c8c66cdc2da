using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SmartService.Bot.Answers;
using SmartService.Bot.Flows;
using SmartService.Bot.Handoff;
using SmartService.Bot.Plugins;
using SmartService.Data;
using SmartService.Plugins;
using SmartService.Turns;

namespace SmartService.Bot;

/// <summary>Registers deciding and answering: steps 4 and 6.</summary>
public static class AnswerServices
{
    /// <summary>
    /// Adds <see cref="ITurnHandler"/>, scoped: one per turn. Needs an <c>IRetriever</c>; plugins are added with <c>AddPlugin</c>,
    /// before or after. An <c>IChatClient</c> and a <see cref="ModelLoad"/>, where there are any, are used.
    /// </summary>
    public static IServiceCollection AddAnswers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptionsWithValidateOnStart<AnswerOptions>().Bind(configuration.GetSection("Answers")).ValidateDataAnnotations();
        services.AddOptionsWithValidateOnStart<HandoffOptions>().Bind(configuration.GetSection("Handoff")).ValidateDataAnnotations();
        services.AddOptionsWithValidateOnStart<ToolOptions>().Bind(configuration.GetSection("Tools")).ValidateDataAnnotations();
        services.AddOptionsWithValidateOnStart<AttemptOptions>().Bind(configuration.GetSection("Attempts")).ValidateDataAnnotations();
        services.AddPluginCatalog();

        services.AddSingleton<ToolAudit>();
        services.AddSingleton<HandoffDesk>();
        services.AddSingleton<IAttemptCounts>(provider => provider.GetService<IDatabase>() is { } database
            ? ActivatorUtilities.CreateInstance<StoredAttempts>(provider, database)
            : ActivatorUtilities.CreateInstance<MemoryAttempts>(provider));
        services.AddScoped<CallingConversation>();
        services.AddScoped<IAttemptLimiter, AttemptLimiter>();
        services.AddScoped<KernelTools>();
        services.AddScoped<Toolbox>();
        services.AddScoped<ProposalFlow>();
        services.AddScoped<FlowRunner>();
        services.AddScoped<ModelWriter>();
        services.TryAddSingleton(ModelLoad.Unknown);
        services.AddSingleton<WritingModel>();
        services.AddScoped<Ladder>();
        services.AddScoped<Responder>();
        services.AddScoped<AnswerDesk>();
        services.AddScoped<ReplyFilters>();
        services.AddScoped<ITurnHandler, TurnHandler>();
        return services;
    }
}
