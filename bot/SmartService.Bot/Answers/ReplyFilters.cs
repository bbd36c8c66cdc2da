using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Plugins;
using SmartService.Plugins;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>Runs the plugins' reply filters in order. A broken one is skipped and logged.</summary>
public sealed class ReplyFilters(PluginCatalog catalog, IServiceProvider scope, ILogger<ReplyFilters> logger)
{
    public async Task<TurnResult> ApplyAsync(TurnContext turn, TurnResult result, CancellationToken cancellationToken)
    {
        foreach (var type in catalog.Plugins.SelectMany(plugin => plugin.FilterTypes))
        {
            try
            {
                result = await ((IReplyFilter)scope.GetRequiredService(type)).FilterAsync(turn, result, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception)
            {
                AnswerLog.FilterFailed(logger, type.Name, exception.GetType().Name, exception.TargetSite?.DeclaringType?.FullName);
                AnswerLog.Details(logger, exception);
            }
        }

        return result;
    }
}
