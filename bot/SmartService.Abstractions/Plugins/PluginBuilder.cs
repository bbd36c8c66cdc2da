using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace SmartService.Plugins;

/// <summary>Collects what a plugin adds. Used at start only, by one thread.</summary>
public sealed class PluginBuilder(string plugin, IServiceCollection services)
{
    private readonly List<Type> _toolTypes = [];
    private readonly List<AddedTool> _tools = [];
    private readonly List<Type> _flowTypes = [];
    private readonly List<Type> _filterTypes = [];

    /// <summary>Name of the plugin being configured.</summary>
    public string Plugin { get; } = plugin;

    /// <summary>For the plugin's own services.</summary>
    public IServiceCollection Services { get; } = services;

    /// <summary>Tool classes added so far: ordinary Semantic Kernel plugin classes.</summary>
    public IReadOnlyList<Type> ToolTypes => _toolTypes;

    /// <summary>Single tools added so far.</summary>
    public IReadOnlyList<AddedTool> Tools => _tools;

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

    /// <summary>Adds any function with its effect, MCP tools included.</summary>
    public PluginBuilder AddTool(AIFunction tool, Effect effect)
    {
        ArgumentNullException.ThrowIfNull(tool);
        _tools.Add(new AddedTool(tool, effect));
        return this;
    }

    /// <summary>
    /// Adds any function. Its effect is what its method declares with <see cref="ToolEffectAttribute"/>; where nothing is
    /// declared, as with MCP tools, it counts as <see cref="Effect.Write"/> and needs the customer's yes.
    /// </summary>
    public PluginBuilder AddTool(AIFunction tool)
    {
        ArgumentNullException.ThrowIfNull(tool);
        _tools.Add(new AddedTool(tool, null));
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

/// <summary>A single tool that a plugin added.</summary>
/// <param name="Function">The function.</param>
/// <param name="Effect">Its effect; null: as its method declares.</param>
public sealed record AddedTool(AIFunction Function, Effect? Effect);
