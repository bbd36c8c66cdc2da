using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using SmartService.Bot.Answers.Checking;
using SmartService.Bot.Plugins;
using SmartService.Bot.Texts;
using SmartService.Knowledge;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>
/// Answers from what was found (step 6). Quoting always works; a model, where there is one, may say it more fittingly, as
/// long as it says nothing else. Whatever goes wrong with it ends in the quote.
/// </summary>
public sealed class Responder(ModelWriter writer, Toolbox toolbox, ILogger<Responder> logger, IChatClient? model = null)
{
    /// <summary>Whether answers are quotes only, because there is no model that could join several.</summary>
    public bool OnlyQuotes => model is null;

    /// <summary>The answer, or null when there is none.</summary>
    public async Task<Answer?> RespondAsync(TurnContext turn, string question, Grounding grounding, CancellationToken cancellationToken)
    {
        var quoted = Composer.Compose(question, grounding);
        // Without passages only a tool can still help.
        if (model is null || (quoted is null && toolbox.Tools.Count == 0))
        {
            return quoted;
        }

        try
        {
            var evidence = grounding.Answerable ? Evidence.Of(grounding) : [];
            var draft = await writer.WriteAsync(model, turn, question, evidence, cancellationToken);
            return draft.Proposal is { } proposal
                ? new Answer("", [], "proposal") { Proposal = proposal }
                : Checked(question, grounding, [.. evidence, .. draft.Found], draft) ?? quoted;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            // Only the type: the message of an HTTP error may repeat the request.
            Degrade(exception.GetType().Name);
            return quoted;
        }
    }

    private Answer? Checked(string question, Grounding grounding, IReadOnlyList<Evidence> evidence, Draft draft)
    {
        if (draft.IsBroken)
        {
            return Degrade("broken_off");
        }

        var names = grounding.Products.Concat(grounding.Facts.Select(fact => fact.Subject)).Distinct(StringComparer.Ordinal).ToList();
        var answer = new ClaimCheck(evidence, question, names).Check(draft.Sentences);
        if (answer.Flipped)
        {
            return Degrade("contradiction");
        }

        if (answer.Removed > 0)
        {
            AnswerMetrics.ClaimsRemoved(answer.Removed);
            AnswerLog.ClaimsRemoved(logger, answer.Removed, draft.Sentences.Count);
        }

        if (answer.Citations.Count == 0)
        {
            return Degrade("unsupported");
        }

        var text = string.Concat(answer.Sentences);
        if (draft.IsCut)
        {
            text += Wording.Replies["cut_short"];
        }

        return new Answer(Composer.WithSources(text, [.. answer.Citations.Select(citation => citation.Source)]), answer.Citations, "model");
    }

    private Answer? Degrade(string cause)
    {
        AnswerMetrics.Degraded(cause);
        AnswerLog.Degraded(logger, cause);
        return null;
    }
}
