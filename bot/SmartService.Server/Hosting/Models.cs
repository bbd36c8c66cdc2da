using Microsoft.Extensions.AI;
using SmartService.Bot.Answers;
using SmartService.Inference;
using SmartService.Inference.Hosting;
using SmartService.Inference.Remote;

namespace SmartService.Server.Hosting;

/// <summary>Puts models and bot together, which do not know each other.</summary>
public static class Models
{
    private const string Section = "Model";

    /// <summary>Adds the models that the settings under <c>Model</c> name, and tells the bot what to expect of them.</summary>
    public static void AddModels(this IServiceCollection services, IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        services.AddLocalModel(section);
        services.AddModelEndpoint(section);
        services.AddSingleton(LoadOf);
    }

    private static ModelLoad LoadOf(IServiceProvider services)
    {
        var endpoint = services.GetKeyedService<IChatClient>(ModelClients.Endpoint) is not null;
        if (services.GetKeyedService<IChatClient>(ModelClients.Local) is null)
        {
            return ModelLoad.Unknown;
        }

        var host = services.GetRequiredService<IModelHost>();
        var localFirst = !endpoint || services.GetRequiredService<Microsoft.Extensions.Options.IOptions<FailoverOptions>>().Value.Prefer == ModelPreference.Local;
        return new ModelLoad
        {
            IsLocal = localFirst,
            HasSecond = endpoint,
            IsAvailable = () => endpoint || host.Status.IsReady,
            EstimatedWait = () => localFirst && host.Status.IsReady ? host.Status.EstimatedWait : TimeSpan.Zero,
            IsSaturated = exception => exception is ModelSaturatedException,
        };
    }
}
