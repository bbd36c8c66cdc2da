using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace SmartService.Plugins;

/// <summary>Collects what a plugin adds. Used at start only, by one thread.</summary>
public sealed class PluginBuilder(string plugin, IServiceCollection services)
{
    private readonly List<Type> _toolTypes = [];
    private readonly List<AIFunction> _tools = [];
    private readonly List<Type> _flowTypes = [];
    private readonly List<Type> _filterTypes = [];

    /// <summary>Name of the plugin being configured.</summary>
    public string Plugin { get; } = plugin;

    /// <summary>For the plugin's own services.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>Tool classes added so far: ordinary Semantic Kernel plugin classes.</summary>
    public IReadOnlyList<Type> ToolTypes => _toolTypes;

    /// <summary>Single tools added so far.</summary>
    public IReadOnlyList<AIFunction> Tools => _tools;

    /// <summary>Flows added so far.</summary>
    public IReadOnlyList<Type> FlowTypes => _flowTypes;

    /// <summary>Reply filters added so far.</summary>
    public IReadOnlyList<Type> FilterTypes => _filterTypes;

    /// <summary>Adds a class whose <c>[KernelFunction]</c> methods become tools. Created per turn from the container.</summary>
    public PluginBuilder AddTools<T>() where T : class
    {
        Services.AddScoped<T>();
        _toolTypes.Add(typeof(T));
        return this;
    }

    /// <summary>Adds any function, MCP tools included.</summary>
    public PluginBuilder AddTool(AIFunction tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        _tools.Add(tool);
        return this;
    }

    /// <summary>Adds a task that the bot carries out step by step.</summary>
    public PluginBuilder AddFlow<T>() where T : class, IFlow
    {
        Services.AddScoped<T>();
        _flowTypes.Add(typeof(T));
        return this;
    }

    /// <summary>Adds a filter that sees every reply before it is recorded.</summary>
    public PluginBuilder AddReplyFilter<T>() where T : class, IReplyFilter
    {
        Services.AddScoped<T>();
        _filterTypes.Add(typeof(T));
        return this;
    }
}
