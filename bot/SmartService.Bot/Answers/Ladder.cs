using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Prompts;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>
/// Lets the model write, and steps down while its machine is saturated: a shorter prompt, the quote, the second model, a
/// human. Every step is counted; none is skipped silently.
/// </summary>
public sealed class Ladder(ModelWriter writer, IOptions<AnswerOptions> options, ModelLoad load, ILogger<Ladder> logger)
{
    /// <summary>The draft, and the rung on which the way ended.</summary>
    /// <param name="model">The first model, or both.</param>
    /// <param name="task">What to write about.</param>
    /// <param name="hasQuote">Whether there is an answer without a model.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<Written> WriteAsync(IChatClient model, WritingTask task, bool hasQuote, CancellationToken cancellationToken)
    {
        var usual = load.IsLocal ? PromptSize.Local(options.Value, load.IsSmall) : PromptSize.Full;
        var wait = load.EstimatedWait();
        if (wait <= TimeSpan.FromSeconds(options.Value.BusySeconds) && await TryAsync(model, task, usual, cancellationToken) is { } draft)
        {
            return new Written(draft);
        }

        // A queue that is longer than the customer's patience does not get shorter by a shorter prompt.
        if (wait < TimeSpan.FromSeconds(options.Value.ModelSeconds))
        {
            Step("shorter_context");
            if (await TryAsync(model, task, usual.Shorter(), cancellationToken) is { } shorter)
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
                return new Written(await writer.WriteAsync(model, task, PromptSize.Full, ModelRoute.Second, cancellationToken));
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Only the type: the message of an HTTP error may repeat the request.
                AnswerMetrics.Degraded(exception.GetType().Name);
            }
        }

        Step("human");
        return new Written(null, NeedsHuman: true);
    }

    /// <summary>The draft, or null when the machine is saturated.</summary>
    private async Task<Draft?> TryAsync(IChatClient model, WritingTask task, PromptSize size, CancellationToken cancellationToken)
    {
        try
        {
            return await writer.WriteAsync(model, task, size, ModelRoute.First, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && load.IsSaturated(exception))
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
internal sealed record Written(Draft? Draft, bool NeedsHuman = false);
