using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Prompts;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>
/// Lets the model write, and steps down while its machine is saturated: a shorter prompt, the quote, the second model, a
/// human. Every step is counted; none is skipped silently. Too slow counts as saturated: the time is gone either way.
/// </summary>
public sealed class Ladder(ModelWriter writer, IOptions<AnswerOptions> options, ModelLoad load, TimeProvider time, ILogger<Ladder> logger)
{
    /// <summary>The share of the patience below which nothing readable comes out of a try any more.</summary>
    private const double WorthATry = 0.1;

    /// <summary>The draft, and the rung on which the way ended.</summary>
    /// <param name="model">The first model, or both.</param>
    /// <param name="task">What to write about.</param>
    /// <param name="hasQuote">Whether there is an answer without a model.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<Written> WriteAsync(IChatClient model, WritingTask task, bool hasQuote, CancellationToken cancellationToken)
    {
        // Both of two models get the same prompt, so it is made for the weaker.
        var usual = load.IsLocal || load.HasLocalStandIn() ? PromptSize.Local(options.Value, load.IsSmall) : PromptSize.Full;
        var wait = load.EstimatedWait();
        var patience = TimeSpan.FromSeconds(options.Value.ModelSeconds);
        var started = time.GetTimestamp();
        if (wait <= TimeSpan.FromSeconds(options.Value.BusySeconds) && await TryAsync(model, task, usual, patience, cancellationToken) is { } draft)
        {
            return new Written(draft);
        }

        // A queue that is longer than the customer's patience does not get shorter by a shorter prompt, and both tries share it.
        var left = patience - time.GetElapsedTime(started);
        if (left - wait > patience * WorthATry)
        {
            Step("shorter_context");
            if (await TryAsync(model, task, usual.Shorter(), left, cancellationToken) is { } shorter)
            {
                return new Written(shorter);
            }
        }

        if (hasQuote)
        {
            Step("extractive");
            return new Written(null);
        }

        if (load.HasSecond)
        {
            Step("second_endpoint");
            try
            {
                return new Written(await writer.WriteAsync(model, task, PromptSize.Full, ModelRoute.Second, patience, cancellationToken)) { IsLastResort = true };
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Only the type: the message of an HTTP error may repeat the request.
                AnswerMetrics.Degraded(exception.GetType().Name);
            }
        }

        CallHuman();
        return new Written(null, NeedsHuman: true);
    }

    /// <summary>The last rung: nobody could write, or what the last one wrote cannot be said, and there is no quote.</summary>
    internal void CallHuman() => Step("human");

    /// <summary>The draft, or null when the machine is saturated or the time is up.</summary>
    private async Task<Draft?> TryAsync(IChatClient model, WritingTask task, PromptSize size, TimeSpan allowed, CancellationToken cancellationToken)
    {
        try
        {
            var draft = await writer.WriteAsync(model, task, size, ModelRoute.First, allowed, cancellationToken);
            return draft is { IsTooLate: true, Proposal: null } ? null : draft;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && (exception is TimeoutException || load.IsSaturated(exception)))
        {
            return null;
        }
    }

    private void Step(string rung)
    {
        AnswerMetrics.SteppedDown(rung);
        AnswerLog.SteppedDown(logger, rung);
    }
}

/// <summary>What the model is to answer.</summary>
internal sealed record WritingTask(TurnContext Turn, string Question, IReadOnlyList<Evidence> Evidence);

/// <summary>What came of asking.</summary>
/// <param name="Draft">What the model wrote, unchecked; null: the quote is the answer.</param>
/// <param name="NeedsHuman">Nobody could write, and there is no quote.</param>
internal sealed record Written(Draft? Draft, bool NeedsHuman = false)
{
    /// <summary>Below the draft there is only a human.</summary>
    public bool IsLastResort { get; init; }
}
