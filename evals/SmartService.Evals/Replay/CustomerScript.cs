namespace SmartService.Evals.Replay;

/// <summary>What one customer is going to write: steps in order, each one message or several typed in quick succession.</summary>
public sealed record CustomerScript(string Customer, IReadOnlyList<ScriptStep> Steps)
{
    public int MessageCount => Steps.Sum(step => step.Fragments.Count);
}

/// <summary>Messages that are written without waiting for an answer in between.</summary>
/// <param name="Fragments">The texts.</param>
/// <param name="Pauses">The pause before each fragment but the first.</param>
public sealed record ScriptStep(IReadOnlyList<string> Fragments, IReadOnlyList<TimeSpan> Pauses);
