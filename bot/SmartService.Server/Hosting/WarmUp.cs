using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SmartService.Knowledge;

namespace SmartService.Server.Hosting;

/// <summary>
/// Compiles the way of a message before the first customer takes it, searches the knowledge base once, and lets the local model,
/// where there is one, read what all its prompts begin with. Without this the first second of turns waits for the compiler:
/// 1.3 s instead of 20 ms were measured on two busy cores. The server is ready when it has compiled; the model, without which
/// answers are quotes, may take longer. A failure here only means that the first answers are slow.
/// </summary>
public sealed partial class WarmUp(IRetriever retriever, IServiceProvider services, TimeProvider time, ILogger<WarmUp> logger) : BackgroundService, IHealthCheck
{
    // Not SmartService.Inference: to touch its types could load native libraries before they have been looked at.
    private static readonly string[] OnTheWay =
    [
        "SmartService.Abstractions", "SmartService.Bot", "SmartService.Data", "SmartService.Knowledge", "SmartService.Channels.WeChat",
        "Dapper", "Microsoft.Data.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.provider.e_sqlite3", "Npgsql", "Polly.Core", "Polly.Extensions",
        "Microsoft.Extensions.Http.Resilience", "Microsoft.Extensions.Resilience",
    ];

    private const string Question = "这个沙发多少钱，多久能送到";

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server is ready, whatever the model does; never fails.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the model is warm too, or given up; after the start.</summary>
    public Task Finished => ExecuteTask ?? Task.CompletedTask;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_ready.Task.IsCompleted ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The server is warming up."));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var started = time.GetTimestamp();
        // Beside the compiler: loading is mostly reading.
        var model = ModelWarmUp.RunAsync(services, logger, stoppingToken);
        try
        {
            // No whole turn: it would count in the metrics and ask an endpoint, where there is one.
            await retriever.RetrieveAsync(new KnowledgeQuery(Question, time.GetUtcNow()), stoppingToken);
            Compile(stoppingToken);
            WarmedUp(logger, (long)time.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it was warm.
        }
        catch (Exception exception)
        {
            WarmUpFailed(logger, exception.GetType().Name);
        }
        finally
        {
            _ready.TrySetResult();
        }

        await model;
    }

    private static void Compile(CancellationToken cancellationToken)
    {
        const BindingFlags All = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var loaded = AppDomain.CurrentDomain.GetAssemblies().Where(assembly => OnTheWay.Contains(assembly.GetName().Name, StringComparer.Ordinal));
        foreach (var type in loaded.SelectMany(assembly => assembly.GetTypes()).Where(type => !type.ContainsGenericParameters && !type.IsInterface))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (type.Assembly.GetName().Name!.StartsWith("SmartService.", StringComparison.Ordinal))
            {
                // Texts, word lists and their patterns are static.
                RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            }

            foreach (var method in type.GetMethods(All).Where(method => method is { IsAbstract: false, ContainsGenericParameters: false }))
            {
                Compile(method);
            }
        }
    }

    private static void Compile(MethodInfo method)
    {
        try
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
        catch (Exception exception) when (exception is PlatformNotSupportedException or TypeLoadException or FileNotFoundException or FileLoadException)
        {
            // Made for another platform or for a package that is not here: nobody on the way calls it.
        }
    }

    [LoggerMessage(6001, LogLevel.Warning, "Warming up failed with {Error}; the first answers will be slow")]
    private static partial void WarmUpFailed(ILogger logger, string error);

    [LoggerMessage(6002, LogLevel.Information, "Warmed up in {Milliseconds} ms")]
    private static partial void WarmedUp(ILogger logger, long milliseconds);
}
