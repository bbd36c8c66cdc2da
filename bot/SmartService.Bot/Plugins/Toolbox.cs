using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>The tools of one turn, and gates in front of them. One per turn.</summary>
public sealed class Toolbox(KernelTools kernel, ToolAudit audit, CallingConversation caller, IOptions<ToolOptions> options, TimeProvider time, ILogger<ToolGate> logger)
{
    private IReadOnlyDictionary<string, Tool>? _tools;

    /// <summary>Every tool by its full name. Built on first use: most turns need none.</summary>
    public IReadOnlyDictionary<string, Tool> Tools => _tools ??= kernel.Build();

    /// <summary>A gate that lets only <paramref name="allowed"/> tools through.</summary>
    public IToolGate GateFor(string conversation, Func<Tool, bool> allowed)
    {
        caller.Id = conversation;
        return new ToolGate(conversation, name => Tools.TryGetValue(name, out var tool) && allowed(tool) ? tool : null, audit, options.Value, time, logger);
    }
}
