namespace SmartService.Inference.Engine;

/// <summary>What the scheduler has done since its start.</summary>
/// <param name="Steps">Steps that decoded something.</param>
/// <param name="PrefixHits">Requests that found a part of their prompt computed.</param>
/// <param name="ReusedTokens">Tokens that were not computed again.</param>
/// <param name="Evictions">Kept sequences that made room.</param>
/// <param name="Preemptions">Running requests that made room and started over.</param>
/// <param name="GuessedTokens">Tokens guessed by prompt lookup.</param>
/// <param name="RightTokens">Those of them that were right.</param>
/// <param name="ComputedTokens">Tokens that were decoded, guesses included.</param>
/// <param name="WrittenTokens">Tokens of outputs, fed ones included.</param>
internal sealed record SchedulerCounters(
    long Steps, long PrefixHits, long ReusedTokens, long Evictions, long Preemptions, long GuessedTokens, long RightTokens, long ComputedTokens, long WrittenTokens);
