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
        if (turn.State.Topic is null && SeveralQuestions.LackProduct(question))
        {
            return WhichProduct(turn);
        }

        var started = time.GetTimestamp();
        var grounding = await retriever.RetrieveAsync(new KnowledgeQuery(question, turn.Now, options.Value.Passages, turn.State.Topic), cancellationToken);
        var retrieved = time.GetTimestamp();
        if (grounding.Products.Count > 0)
        {
            turn = turn with { State = turn.State with { Topic = grounding.Products[0] } };
        }

        var answer = await responder.RespondAsync(turn, question, grounding, cancellationToken);
        if (answer is { NeedsHuman: true })
        {
            return handoff.HandOff(turn, HandoffReason.Saturated);
        }

        // A FAQ or passage that fits the whole message is taken as the answer to all of it; facts and a no leave parts open.
        if (responder.CannotJoin && answer is null or { Kind: "fact" } && SeveralQuestions.In(question) is { Count: > 1 } parts)
        {
            answer = await WithPartsAsync(turn, parts, answer, cancellationToken);
        }

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

    /// <summary>Answers the questions one by one, says which stay open, and repeats nothing. Null when none can be answered.</summary>
    private async Task<Answer?> WithPartsAsync(TurnContext turn, IReadOnlyList<string> parts, Answer? whole, CancellationToken cancellationToken)
    {
        var topic = turn.State.Topic;
        var texts = new List<string>();
        var missing = new List<string>();
        var citations = new List<Citation>(whole?.Citations ?? []);
        foreach (var part in parts)
        {
            if (topic is null && SeveralQuestions.LackProduct(part))
            {
                missing.Add(part);
                continue;
            }

            var grounding = await retriever.RetrieveAsync(new KnowledgeQuery(part, turn.Now, options.Value.Passages, topic), cancellationToken);
            topic = grounding.Products.Count > 0 ? grounding.Products[0] : topic;
            if (Composer.Compose(part, grounding) is not { } answer)
            {
                missing.Add(part);
                continue;
            }

            // A second passage that is only nearly as good may have been quoted already.
            if (!answer.Citations.All(citation => citations.Exists(known => known.Id == citation.Id)))
            {
                texts.Add(answer.Text);
                citations.AddRange(answer.Citations);
            }
        }

        if (whole is null && texts.Count == 0)
        {
            return null;
        }

        var open = missing.Select(Question.Echo).OfType<string>().Select(echo => $"「{echo}」").ToList();
        string?[] lines = [whole?.Text, .. texts, open.Count > 0 ? Wording.Replies.Fill("several_missing", ("questions", string.Concat(open))) : null];
        return new Answer(string.Join('\n', lines.OfType<string>()), [.. citations.DistinctBy(citation => (citation.Id, citation.Quote))], whole?.Kind ?? "several");
    }

    /// <summary>「多少钱」 without a product has no answer, and the nearest one would be about something else.</summary>
    private static TurnResult WhichProduct(TurnContext turn) => new()
    {
        Outcome = TurnOutcome.Answered,
        Reply = [new TextPart(Wording.Replies.For(turn, "which_product"))],
        Intent = new Intent("clarify.product", 1),
        State = turn.State,
    };

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
