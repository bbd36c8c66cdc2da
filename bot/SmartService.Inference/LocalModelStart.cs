using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference;

/// <summary>Loads the models beside everything else, and says once what came of it.</summary>
internal sealed partial class LocalModelStart(IModelHost host, ModelHostGauges gauges, ILogger<LocalModelStart> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        gauges.Publish();
        try
        {
            var info = await host.StartAsync(stoppingToken);
            Loaded(logger, info.Chat?.Name ?? info.Embedding?.Name ?? info.Reranker, info.Backend);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it was loaded.
        }
        catch (ModelUnavailableException exception)
        {
            NotLoaded(logger, exception.Message);
        }
        catch (Exception exception)
        {
            // A mistake of ours; it costs the model, not the program.
            NotLoaded(logger, exception.GetType().Name);
        }
    }

    [LoggerMessage(7001, LogLevel.Information, "Local model {Model} is loaded: {Backend}")]
    private static partial void Loaded(ILogger logger, string? model, string backend);

    [LoggerMessage(7002, LogLevel.Warning, "The local model cannot be used: {Reason}")]
    private static partial void NotLoaded(ILogger logger, string reason);
}
