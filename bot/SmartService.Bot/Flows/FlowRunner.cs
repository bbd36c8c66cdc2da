using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Answers;
using SmartService.Bot.Plugins;
using SmartService.Bot.Texts;
using SmartService.Plugins;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Flows;

/// <summary>Finds and steps the tasks of the plugins. A flow sees only the tools of its own plugin. One per turn.</summary>
public sealed class FlowRunner(PluginCatalog catalog, IServiceProvider scope, Toolbox toolbox, IOptions<AnswerOptions> options, ILogger<FlowRunner> logger)
{
    private IReadOnlyList<(string Plugin, IFlow Flow)>? _flows;

    private IReadOnlyList<(string Plugin, IFlow Flow)> Flows => _flows ??=
    [
        .. catalog.Plugins.SelectMany(plugin => plugin.FlowTypes.Select(type => (plugin.Name, (IFlow)scope.GetRequiredService(type)))),
        ("", scope.GetRequiredService<ProposalFlow>()),
    ];

    /// <summary>Whether a task waits for the customer, and still counts.</summary>
    public bool IsActive(TurnContext turn) => turn.State.Flow is { } state && Find(state.Flow) is not null && !IsAbandoned(turn);

    /// <summary>Whether the customer left a task alone for so long that it must not go on by surprise.</summary>
    public bool IsAbandoned(TurnContext turn) =>
        turn.State is { Flow: not null, UpdatedAt: { } last } && turn.Now - last > TimeSpan.FromMinutes(options.Value.FlowIdleMinutes);

    /// <summary>The flow that the text starts, or null.</summary>
    public IFlow? Starting(string text, string? except = null)
    {
        IFlow? best = null;
        var confidence = 0.0;
        foreach (var (_, flow) in Flows)
        {
            var match = flow.Name == except ? 0 : flow.Match(text).Confidence;
            if (match >= options.Value.FlowThreshold && match > confidence)
            {
                (best, confidence) = (flow, match);
            }
        }

        return best;
    }

    /// <summary>The next step of the task in progress.</summary>
    public Task<FlowStep> ContinueAsync(TurnContext turn, string text, CancellationToken cancellationToken) =>
        StepAsync(Find(turn.State.Flow!.Flow)!.Value, turn, text, turn.State.Flow, cancellationToken);

    /// <summary>The first step of a task.</summary>
    public Task<FlowStep> StartAsync(IFlow flow, TurnContext turn, string text, CancellationToken cancellationToken) =>
        StepAsync(Find(flow.Name)!.Value, turn, text, null, cancellationToken);

    private async Task<FlowStep> StepAsync((string Plugin, IFlow Flow) found, TurnContext turn, string text, FlowState? state, CancellationToken cancellationToken)
    {
        var (plugin, flow) = found;
        var gate = toolbox.GateFor(turn.ConversationId, tool => plugin.Length == 0 || tool.Plugin == plugin);
        try
        {
            return await flow.StepAsync(new FlowContext(turn, text, state, gate), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            AnswerLog.FlowFailed(logger, flow.Name, state?.Step ?? "start", exception.GetType().Name, exception.TargetSite?.DeclaringType?.FullName);
            AnswerLog.Details(logger, exception);
            return new FlowStep([new TextPart(Wording.Replies["flow_failed"])], null);
        }
    }

    private (string Plugin, IFlow Flow)? Find(string name)
    {
        foreach (var flow in Flows)
        {
            if (flow.Flow.Name == name)
            {
                return flow;
            }
        }

        return null;
    }
}
