namespace SmartService.Evals.Replay;

/// <summary>What one customer wrote in one recorded dialogue, in order.</summary>
/// <param name="Source">Name of the data set.</param>
/// <param name="Utterances">The customer's side only.</param>
public sealed record Dialogue(string Source, IReadOnlyList<string> Utterances);
