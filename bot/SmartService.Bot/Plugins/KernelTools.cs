using System.Reflection;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.SemanticKernel;
using SmartService.Plugins;

namespace SmartService.Bot.Plugins;

/// <summary>
/// The only place that knows Semantic Kernel: turns the plugins' classes into tools, with a kernel of the turn's own
/// scope, so that SK filters from the container run. Semantic Kernel ends here; everything else sees <see cref="Tool"/>.
/// </summary>
public sealed class KernelTools(PluginCatalog catalog, IServiceProvider scope)
{
    /// <summary>Builds every tool of every plugin for one turn.</summary>
    public IReadOnlyDictionary<string, Tool> Build()
    {
        var tools = new Dictionary<string, Tool>(StringComparer.Ordinal);
        var kernel = new Kernel(new WithoutLogs(scope));
        foreach (var plugin in catalog.Plugins)
        {
            foreach (var type in plugin.ToolTypes)
            {
                var effects = EffectsOf(type);
                foreach (var function in KernelPluginFactory.CreateFromObject(scope.GetRequiredService(type), plugin.Name))
                {
                    Add(new KernelTool(function, kernel), effects.GetValueOrDefault(function.Name, Effect.Write));
                }
            }

            foreach (var (function, effect) in plugin.Tools)
            {
                // A foreign function runs as a kernel function too, so that filters see it like the others.
                var wrapped = KernelPluginFactory.CreateFromFunctions(plugin.Name, [function.AsKernelFunction()]).First();
                Add(new KernelTool(wrapped, kernel), effect ?? EffectOf(function.UnderlyingMethod));
            }

            void Add(AIFunction function, Effect effect)
            {
                if (!tools.TryAdd(function.Name, new Tool(function, plugin.Name, effect)))
                {
                    throw new InvalidOperationException($"Two tools are named {function.Name}.");
                }
            }
        }

        return tools;
    }

    private static Dictionary<string, Effect> EffectsOf(Type type)
    {
        var effects = new Dictionary<string, Effect>(StringComparer.Ordinal);
        foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static))
        {
            if (method.GetCustomAttribute<KernelFunctionAttribute>() is { } named)
            {
                effects[named.Name ?? NameOf(method)] = EffectOf(method);
            }
        }

        return effects;
    }

    // What nobody declared harmless may change something: a forgotten attribute must not let a model act by itself.
    private static Effect EffectOf(MethodInfo? method) => method?.GetCustomAttribute<ToolEffectAttribute>()?.Effect ?? Effect.Write;

    // Semantic Kernel drops the suffix of asynchronous methods.
    private static string NameOf(MethodInfo method) =>
        typeof(Task).IsAssignableFrom(method.ReturnType) && method.Name.EndsWith("Async", StringComparison.Ordinal) ? method.Name[..^5] : method.Name;
}

/// <summary>
/// A kernel function as a plain tool. <see cref="KernelFunction"/> called as an <see cref="AIFunction"/> runs the method
/// body without filters (semantic-kernel#12378), so the call goes through the kernel, whoever makes it.
/// </summary>
internal sealed class KernelTool(KernelFunction function, Kernel kernel) : DelegatingAIFunction(function)
{
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
        (await function.InvokeAsync(kernel, new KernelArguments(arguments), cancellationToken)).GetValue<object>();
}

/// <summary>The scope, minus logging: Semantic Kernel logs a failed function's message, which may repeat what a customer wrote.</summary>
internal sealed class WithoutLogs(IServiceProvider scope) : IServiceProvider
{
    public object? GetService(Type serviceType) => serviceType == typeof(ILoggerFactory) ? NullLoggerFactory.Instance : scope.GetService(serviceType);
}
