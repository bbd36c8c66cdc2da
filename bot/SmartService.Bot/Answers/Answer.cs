using SmartService.Plugins;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>A grounded answer.</summary>
/// <param name="Text">What to say, sources included.</param>
/// <param name="Citations">What it rests on.</param>
/// <param name="Kind">How it was made, for the intent's name: fact, faq, passage or model.</param>
public sealed record Answer(string Text, IReadOnlyList<Citation> Citations, string Kind)
{
    /// <summary>A change that the model proposes; the customer is asked instead of being answered.</summary>
    public FlowStep? Proposal { get; init; }

    /// <summary>Nobody could answer in time: a human is called instead.</summary>
    public bool NeedsHuman { get; init; }
}
