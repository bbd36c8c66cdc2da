using Microsoft.Extensions.AI;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>A tool of this turn.</summary>
/// <param name="Function">What to call; its name is <c>plugin_function</c>.</param>
/// <param name="Plugin">The plugin that brought it.</param>
/// <param name="Effect">Whether calling it changes something.</param>
public sealed record Tool(AIFunction Function, string Plugin, Effect Effect)
{
    public string Name => Function.Name;
}
