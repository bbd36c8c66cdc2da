using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
public sealed class Responder(Ladder ladder, Toolbox toolbox, IOptions<AnswerOptions> options, ModelLoad load, WritingModel model, ILogger<Responder> logger)
{
    /// <summary>From this many facts on an answer is a list, and a list is not for a small model.</summary>
    private const int ManyFacts = 4;

    /// <summary>Whether no model could join several answers: there is none, or one on this machine, which is likely small.</summary>
    public bool CannotJoin => !model.IsAvailable || load.IsLocal;

    /// <summary>The answer, or null when there is none.</summary>
    public async Task<Answer?> RespondAsync(TurnContext turn, string question, Grounding grounding, CancellationToken cancellationToken)
    {
        var quoted = Composer.Compose(question, grounding);
        // Without passages only a tool can still help.
        if (!model.IsConfigured || (quoted is null ? !load.OffersTools(options.Value) || toolbox.Tools.Count == 0 : load.IsLocal && IsBestLiterally(question, quoted)))
        {
            return quoted;
        }

        if (model.Ask() is not { } writer)
        {
            return quoted;
        }

        try
        {
            var task = new WritingTask(turn, question, grounding.Answerable ? Evidence.Of(grounding) : []);
            var written = await ladder.WriteAsync(writer, task, quoted is not null, cancellationToken);
            return written switch
            {
                { NeedsHuman: true } => Human,
                { Draft: null } => quoted,
                { Draft.Proposal: { } proposal } => new Answer("", [], "proposal") { Proposal = proposal },
                { Draft: var draft } => Checked(question, grounding, draft, quoted) ?? (written.IsLastResort ? CalledHuman() : quoted),
            };
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

    // What a small model would rather spoil, and what a person already worded.
    private bool IsBestLiterally(string question, Answer quoted) => quoted switch
    {
        { Kind: "fact", Citations.Count: >= ManyFacts } => true,
        { Kind: "fact" or "faq" } when options.Value.LocalModelWrites == LocalModelWrites.Passages => true,
        _ => SeveralQuestions.In(question).Count > 1,
    };

    /// <summary>What may be said of the draft; null when the quote is better.</summary>
    private Answer? Checked(string question, Grounding grounding, Draft draft, Answer? quoted)
    {
        if (draft.IsBroken)
        {
            return Degrade("broken_off");
        }

        // Who really wrote it: behind a fail-over that need not be the configured first.
        var local = draft.AnsweredBy is { } who ? who == ModelRoute.Local : load.IsLocal;
        if (local && quoted is not null && IsBestLiterally(question, quoted))
        {
            return Degrade("not_for_local");
        }

        var names = grounding.Products.Concat(grounding.Facts.Select(fact => fact.Subject)).Distinct(StringComparer.Ordinal).ToList();
        IReadOnlyList<Evidence> evidence = [.. draft.Read.Select(read => local ? read.WithoutQuestions() : read), .. draft.Found];
        var answer = new ClaimCheck(evidence, question, names).Check(local ? Completeness.WithoutQuestions(draft.Sentences) : draft.Sentences);
        if (answer.Flipped)
        {
            return Degrade("contradiction");
        }

        if (answer.Removed > 0)
        {
            AnswerMetrics.ClaimsRemoved(answer.Removed);
            AnswerLog.ClaimsRemoved(logger, answer.Removed, draft.Sentences.Count);
            // Who invents one sentence is not to be trusted with the others while there is a quote.
            if (quoted is not null && local)
            {
                return Degrade("removed");
            }
        }

        if (answer.Citations.Count == 0)
        {
            return Degrade("unsupported");
        }

        var text = string.Concat(answer.Sentences);
        if (local && !LiteralNumbers.AllIn(text, answer.Citations.SelectMany(citation => new[] { citation.Quote, citation.Source })))
        {
            return Degrade("rewritten_number");
        }

        if (local && !NumberContext.Agrees(text, evidence))
        {
            return Degrade("displaced_number");
        }

        if (local && !Permissions.Agree(text, evidence))
        {
            return Degrade("permission");
        }

        if (quoted is not null && local && (draft.IsCut || Completeness.Echoes(question, text) || Completeness.Lacks(question, quoted, text)))
        {
            return Degrade("incomplete");
        }

        if (!Sentences.IsWhole(text))
        {
            text += "。";
        }

        if (draft.IsCut)
        {
            text += Wording.Replies["cut_short"];
        }

        return new Answer(Composer.WithSources(text, [.. answer.Citations.Select(citation => citation.Source)]), answer.Citations, "model");
    }

    private static Answer Human => new("", [], "human") { NeedsHuman = true };

    private Answer CalledHuman()
    {
        ladder.CallHuman();
        return Human;
    }

    private Answer? Degrade(string cause)
    {
        AnswerMetrics.Degraded(cause);
        AnswerLog.Degraded(logger, cause);
        return null;
    }
}
