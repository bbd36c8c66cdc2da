using Microsoft.Extensions.Options;
using SmartService.Bot.Handoff;
using SmartService.Bot.Texts;
using SmartService.Knowledge;
using SmartService.Messages;
using SmartService.Replies;
using SmartService.Turns;

namespace SmartService.Bot.Answers;

/// <summary>Question → ground → respond; or an honest no.</summary>
public sealed class AnswerDesk(IRetriever retriever, Responder responder, HandoffDesk handoff, IOptions<AnswerOptions> options, TimeProvider time)
{
    /// <summary>Answers a question from the knowledge base, or declines.</summary>
    public async Task<TurnResult> AnswerAsync(TurnContext turn, string text, CancellationToken cancellationToken)
    {
        var question = Question.Of(text);
        var started = time.GetTimestamp();
        var grounding = await retriever.RetrieveAsync(new KnowledgeQuery(question, turn.Now, options.Value.Passages, turn.State.Topic), cancellationToken);
        var retrieved = time.GetTimestamp();
        if (grounding.Products.Count > 0)
        {
            turn = turn with { State = turn.State with { Topic = grounding.Products[0] } };
        }

        var answer = await responder.RespondAsync(turn, question, grounding, cancellationToken);
        var result = answer is null ? handoff.Decline(turn, Missing(turn, question, grounding)) : Answered(turn, answer, grounding.Confidence);
        return result with
        {
            Timings = new TurnTimings(0, time.GetElapsedTime(started, retrieved).TotalMilliseconds, time.GetElapsedTime(retrieved).TotalMilliseconds),
        };
    }

    /// <summary>A product card: its facts when it came alone; with words, they are about this product.</summary>
    public async Task<TurnResult> ProductCardAsync(TurnContext turn, ProductBody card, string text, CancellationToken cancellationToken)
    {
        var title = card.Title?.Trim() ?? "";
        var grounding = title.Length == 0
            ? Grounding.Empty
            : await retriever.RetrieveAsync(new KnowledgeQuery(PlainText.Cut(title, 100), turn.Now, options.Value.Passages), cancellationToken);
        var product = grounding.Products.Count > 0 ? grounding.Products[0] : null;
        if (product is not null)
        {
            turn = turn with { State = turn.State with { Topic = product } };
        }

        if (text.Length > 0)
        {
            return await AnswerAsync(turn, text, cancellationToken);
        }

        var facts = grounding.Facts.Where(fact => fact.Subject == product).ToList();
        if (facts.Count > 0)
        {
            var answer = Composer.Facts(title, facts);
            return Answered(turn, answer with { Text = answer.Text + "\n" + Wording.Replies.Fill("product_seen", ("product", product!)) }, grounding.Confidence);
        }

        return product is null
            ? handoff.Decline(turn, Wording.Replies["product_unknown"], "product_card")
            : Answered(turn, new Answer(Wording.Replies.Fill("product_seen", ("product", product)), [], "product"), grounding.Confidence);
    }

    private static TurnResult Answered(TurnContext turn, Answer answer, double confidence) => new()
    {
        Outcome = TurnOutcome.Answered,
        Reply = answer.Proposal?.Reply ?? [new TextPart(answer.Text)],
        Citations = answer.Citations,
        Intent = new Intent(answer.Proposal is null ? $"question.{answer.Kind}" : "proposal", confidence),
        State = turn.State with { Declines = 0, Continuation = null, Flow = answer.Proposal?.State ?? turn.State.Flow },
    };

    /// <summary>Names what is missing in the customer's own words, where they can be repeated.</summary>
    private static string Missing(TurnContext turn, string question, Grounding grounding)
    {
        var replies = Wording.Replies;
        var missing = Question.Echo(question) switch
        {
            null => replies["missing_unnamed"],
            var echo when grounding.Products.Count > 0 => replies.Fill("missing_product", ("product", grounding.Products[0]), ("question", echo)),
            var echo => replies.Fill("missing_question", ("question", echo)),
        };
        return replies.FillFor(turn, turn.State.Declines == 0 ? "decline" : "decline_again", ("missing", missing));
    }
}
