using SmartService.Plugins;

namespace SmartService.Plugins.Stores;

public sealed class StoresPlugin : IPlugin
{
    public string Name => "stores";

    public void Configure(PluginBuilder plugin) => plugin.AddTools<StoreTools>().AddFlow<VisitFlow>();
}
