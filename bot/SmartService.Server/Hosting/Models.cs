using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartService.Bot.Answers;
using SmartService.Inference;
using SmartService.Inference.Gguf;
using SmartService.Inference.Hosting;
using SmartService.Inference.Remote;

namespace SmartService.Server.Hosting;

/// <summary>
/// Puts models and bot together, which do not know each other. Compiled into the evaluations too, which may not know the
/// server and must measure the same.
/// </summary>
internal static class Models
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

    /// <summary>Loads the local model, where there is one, and lets it read what all its prompts begin with.</summary>
    /// <exception cref="ModelUnavailableException">It cannot be loaded; the message says why.</exception>
    /// <exception cref="TimeoutException">It is loaded and reads too slowly.</exception>
    public static async Task<ModelHostInfo?> WarmModelAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        if (services.GetService<IModelHost>() is not { } host)
        {
            return null;
        }

        var info = await host.StartAsync(cancellationToken);
        if (services.GetKeyedService<IChatClient>(ModelClients.Local) is { } client)
        {
            await using var turn = services.CreateAsyncScope();
            await turn.ServiceProvider.GetRequiredService<ModelWriter>().WarmAsync(client, cancellationToken);
        }

        return info;
    }

    // What cannot be read will not be loaded either, and then it does not matter.
    private static bool IsSmall(string path)
    {
        try
        {
            return ModelFile.Inspect(path).Parameters < 2_000_000_000;
        }
        catch (ModelFileException)
        {
            return false;
        }
    }

    private static ModelLoad LoadOf(IServiceProvider services)
    {
        var endpoint = services.GetKeyedService<IChatClient>(ModelClients.Endpoint) is not null;
        if (services.GetKeyedService<IChatClient>(ModelClients.Local) is null)
        {
            return ModelLoad.Unknown;
        }

        var host = services.GetRequiredService<IModelHost>();
        var localFirst = !endpoint || services.GetRequiredService<IOptions<FailoverOptions>>().Value.Prefer == ModelPreference.Local;
        return new ModelLoad
        {
            IsLocal = localFirst,
            IsSmall = IsSmall(services.GetRequiredService<IOptions<LocalModelOptions>>().Value.Path),
            HasLocalStandIn = () => !localFirst && host.Status.IsReady,
            HasSecond = endpoint && localFirst,
            IsAvailable = () => endpoint || host.Status.IsReady,
            EstimatedWait = () => localFirst && host.Status.IsReady ? host.Status.EstimatedWait : TimeSpan.Zero,
            IsSaturated = exception => exception is ModelSaturatedException,
        };
    }
}
