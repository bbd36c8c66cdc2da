using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartService.Inference.Hosting.ChildProcess;
using SmartService.Inference.Hosting.InProcess;

namespace SmartService.Inference.Hosting;

/// <summary>Makes hosts.</summary>
public static class ModelHosts
{
    /// <summary>
    /// The host that the settings ask for. A program that does not call <see cref="ModelHostChild.RunIfRequestedAsync"/> at its start
    /// cannot be its own child, so it has the models in its own process whatever is set.
    /// </summary>
    public static IModelHost Create(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<LocalModelOptions>>().Value;
        var (time, loggers) = (services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>());
        return options.Isolation == ModelIsolation.Process && ModelHostChild.IsSupported
            ? new ChildProcessModelHost(options, new ModelSupervisionOptions(), time, loggers?.CreateLogger<ChildProcessModelHost>() ?? NullLogger<ChildProcessModelHost>.Instance)
            : new InProcessModelHost(options, time, loggers, services.GetService<IMeterFactory>());
    }

    /// <summary>A host in this process: for the child, and for measuring a file.</summary>
    public static IModelHost InProcess(LocalModelOptions options) => new InProcessModelHost(options);
}
