using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
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
        var catalog = services.FirstOrDefault(service => service.ServiceType == typeof(PluginCatalog))?.ImplementationInstance as PluginCatalog;
        if (catalog is null)
        {
            catalog = new PluginCatalog();
            services.TryAddSingleton(catalog);
        }

        var builder = new PluginBuilder(plugin.Name, services);
        plugin.Configure(builder);
        catalog.Add(builder);
        return services;
    }
}
