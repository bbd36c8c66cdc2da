namespace SmartService.Turns;

/// <summary>What a conversation remembers between turns, besides its messages. Stored as JSON in the conversation's row.</summary>
public sealed record DialogueState
{
    /// <summary>The task in progress, if any.</summary>
    public FlowState? Flow { get; init; }

    /// <summary>Turns in a row that ended without help.</summary>
    public int Declines { get; init; }

    /// <summary>Name of the product that was talked about last, for 「这个多少钱」.</summary>
    public string? Topic { get; init; }

    /// <summary>The rest of an answer that was too long, sent when the customer asks to go on.</summary>
    public string? Continuation { get; init; }

    /// <summary>When a turn last ended, so that a flow abandoned for long is not resumed by surprise.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>Where a task stands: which flow, which step, what is known.</summary>
/// <param name="Flow">Name of the flow.</param>
/// <param name="Step">Name of the step that waits for the customer.</param>
/// <param name="Slots">What was collected so far.</param>
public sealed record FlowState(string Flow, string Step, IReadOnlyDictionary<string, string> Slots);
