using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Plugins;

/// <summary>
/// A task that the bot carries out step by step. The flow decides; understanding and the model only propose. Created per turn.
/// </summary>
public interface IFlow
{
    /// <summary>Unique lower-case name.</summary>
    string Name { get; }

    /// <summary>Says how sure the text starts this task: 0 (no) to 1, and what slots it already fills.</summary>
    FlowStart Match(string text);

    /// <summary>Takes one step with what the customer wrote. A null <see cref="FlowContext.State"/> means the flow starts now.</summary>
    Task<FlowStep> StepAsync(FlowContext context, CancellationToken cancellationToken = default);
}

/// <summary>How well a text fits the start of a flow.</summary>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Slots">What the text already says.</param>
public sealed record FlowStart(double Confidence, IReadOnlyDictionary<string, string> Slots)
{
    /// <summary>Does not start here.</summary>
    public static FlowStart No { get; } = new(0, new Dictionary<string, string>(StringComparer.Ordinal));
}

/// <summary>What a flow sees of a turn.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Text">The customer's words of this turn, joined.</param>
/// <param name="State">Where the flow stands; null when it starts.</param>
/// <param name="Tools">The gate through which tools are called.</param>
public sealed record FlowContext(TurnContext Turn, string Text, FlowState? State, IToolGate Tools);

/// <summary>What a flow decided.</summary>
/// <param name="Reply">What to say.</param>
/// <param name="State">Where the flow stands now; null when it is finished.</param>
public sealed record FlowStep(IReadOnlyList<ReplyPart> Reply, FlowState? State)
{
    /// <summary>Set when a human must take over.</summary>
    public HandoffReason? Handoff { get; init; }

    /// <summary>What the reply rests on, for example the order system.</summary>
    public IReadOnlyList<Citation> Citations { get; init; } = [];

    /// <summary>The text is about something else: answer it first, then come back to this step.</summary>
    public bool Digression { get; init; }
}
