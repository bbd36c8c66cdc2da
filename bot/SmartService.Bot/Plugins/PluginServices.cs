using Microsoft.Extensions.DependencyInjection;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>Adds plugins to the bot.</summary>
public static class PluginServices
{
    /// <summary>Adds a plugin. Order does not matter, except that the earlier of two equally sure flows wins.</summary>
    public static IServiceCollection AddPlugin<T>(this IServiceCollection services) where T : IPlugin, new() => services.AddPlugin(new T());

    /// <summary>Adds a plugin that was made by hand, for example with settings.</summary>
    public static IServiceCollection AddPlugin(this IServiceCollection services, IPlugin plugin)
    {
        ArgumentNullException.ThrowIfNull(plugin);
        var catalog = services.AddPluginCatalog();
        var builder = new PluginBuilder(plugin.Name, services);
        plugin.Configure(builder);
        catalog.Add(builder);
        return services;
    }

    /// <summary>The catalog of this collection: filled while services are added, read at run time.</summary>
    internal static PluginCatalog AddPluginCatalog(this IServiceCollection services)
    {
        if (services.FirstOrDefault(service => service.ServiceType == typeof(PluginCatalog))?.ImplementationInstance is PluginCatalog existing)
        {
            return existing;
        }

        var catalog = new PluginCatalog();
        services.AddSingleton(catalog);
        return catalog;
    }
}
