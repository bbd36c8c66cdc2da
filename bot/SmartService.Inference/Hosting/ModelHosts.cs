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
    private const string WaitPolicy = "OMP_WAIT_POLICY";

    /// <summary>
    /// The host that the settings ask for. A program that does not call <see cref="ModelHostChild.RunIfRequestedAsync"/> at its start
    /// cannot be its own child, so it has the models in its own process whatever is set.
    /// </summary>
    public static IModelHost Create(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<LocalModelOptions>>().Value;
        var (time, loggers) = (services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>());
        return options.Isolation == ModelIsolation.Process && ModelHostChild.IsSupported
            ? new ChildProcessModelHost(options, Supervision(), time, loggers?.CreateLogger<ChildProcessModelHost>() ?? NullLogger<ChildProcessModelHost>.Instance)
            : new InProcessModelHost(options, time, loggers, services.GetService<IMeterFactory>());
    }

    // libgomp's workers spin while they wait for each other. On two cores that others use too, spinning ate 80 % of the time: prompts
    // were read at 3.9 tokens/s, without it at 29.7 (model check, 0.5B model, load 7.5). Whoever has cores to spare sets it himself.
    private static ModelSupervisionOptions Supervision() => Environment.GetEnvironmentVariable(WaitPolicy) is null
        ? new ModelSupervisionOptions { Environment = new Dictionary<string, string>(StringComparer.Ordinal) { [WaitPolicy] = "passive" } }
        : new ModelSupervisionOptions();

    /// <summary>A host in this process: for the child, and for measuring a file.</summary>
    public static IModelHost InProcess(LocalModelOptions options) => new InProcessModelHost(options);
}
