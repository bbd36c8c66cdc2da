using SmartService.Bot.Answers;

namespace SmartService.Bot.Prompts;

/// <summary>How much a prompt may hold besides the rules.</summary>
/// <param name="HistoryEntries">Earlier utterances.</param>
/// <param name="HistoryLength">Characters of each.</param>
/// <param name="Passages">Passages and facts.</param>
/// <param name="PassageTokens">Tokens of all of them together; they are cut to the sentences that the question is about. Null: each as it is.</param>
/// <param name="MaxTokens">Tokens of the answer; null: as set.</param>
internal sealed record PromptSize(int HistoryEntries, int HistoryLength, int Passages, int? PassageTokens, int? MaxTokens)
{
    /// <summary>For a model that reads thousands of tokens in no time.</summary>
    public static PromptSize Full { get; } = new(HistoryEntries: 6, HistoryLength: 300, Passages: 20, PassageTokens: null, MaxTokens: null);

    /// <summary>For a model on this machine: two cores read about 130 tokens in a second (measured, 0.5B parameters).</summary>
    /// <param name="options">How much it may read and write.</param>
    /// <param name="small">A small model answers the question before the last as readily as the last, so it sees no history.</param>
    public static PromptSize Local(AnswerOptions options, bool small) =>
        new(HistoryEntries: small ? 0 : 2, HistoryLength: 60, Passages: 3, options.LocalPassageTokens, Math.Min(options.MaxTokens, options.LocalMaxTokens));

    /// <summary>Whether tokens count, so that frames and sources are left out too.</summary>
    public bool IsTight => PassageTokens is not null;

    /// <summary>For a saturated machine: no history, the best passages, a short answer.</summary>
    public PromptSize Shorter() => this with { HistoryEntries = 0, Passages = Math.Min(Passages, 2), PassageTokens = (PassageTokens ?? 600) / 2, MaxTokens = Math.Min(MaxTokens ?? int.MaxValue, 120) };
}
