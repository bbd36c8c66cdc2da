namespace SmartService.Plugins;

/// <summary>
/// A capability that can be added to the bot. One instance per process; <see cref="Configure"/> is called once at start.
/// </summary>
public interface IPlugin
{
    /// <summary>Lower-case name of Latin letters, digits and underscores; prefix of its tools' names.</summary>
    string Name { get; }

    /// <summary>Adds tools, flows and reply filters.</summary>
    void Configure(PluginBuilder plugin);
}
