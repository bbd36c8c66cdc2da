using System.Text.RegularExpressions;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>What all plugins added at start.</summary>
public sealed partial class PluginCatalog
{
    private readonly List<PluginBuilder> _plugins = [];

    /// <summary>The plugins in the order of registration.</summary>
    public IReadOnlyList<PluginEntry> Plugins => [.. _plugins.Select(builder =>
        new PluginEntry(builder.Plugin, builder.ToolTypes, builder.Tools, builder.FlowTypes, builder.FilterTypes))];

    internal void Add(PluginBuilder builder)
    {
        // Semantic Kernel accepts only these characters, and the model sees plugin_function as one name.
        if (!Name().IsMatch(builder.Plugin))
        {
            throw new InvalidOperationException($"The plugin name '{builder.Plugin}' must be lower-case Latin letters, digits and underscores.");
        }

        if (_plugins.Exists(existing => existing.Plugin == builder.Plugin))
        {
            throw new InvalidOperationException($"Two plugins are named '{builder.Plugin}'.");
        }

        _plugins.Add(builder);
    }

    [GeneratedRegex("^[a-z][0-9a-z_]*$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}

/// <summary>What one plugin added.</summary>
public sealed record PluginEntry(
    string Name,
    IReadOnlyList<Type> ToolTypes,
    IReadOnlyList<AddedTool> Tools,
    IReadOnlyList<Type> FlowTypes,
    IReadOnlyList<Type> FilterTypes);
