using System.Runtime.InteropServices;
using SmartService.Inference.Hosting;
using SmartService.Inference.Sampling;

namespace SmartService.Inference.Engine;

/// <summary>
/// Makes output of rows of logits: samples, follows the constraint, feeds what it fixes, scores its choices, finds the end. Every
/// method returns the reason when the output is at its end. On the inference thread; may throw what a constraint throws.
/// </summary>
internal sealed class OutputWriter(Vocabulary vocabulary, TimeProvider time)
{
    private readonly Sampler _sampler = new(vocabulary);
    private readonly List<int> _forced = [];

    /// <summary>What the constraint fixes at the beginning becomes part of the first batch.</summary>
    public FinishReason? Open(Generation generation)
    {
        if (generation.IsOpened)
        {
            return null;
        }

        generation.IsOpened = true;
        return generation.Constraint is null || generation.MaxTokens == 0 ? null : Advance(generation);
    }

    /// <summary>Takes the rows of the last pending token and of the guesses after it.</summary>
    public FinishReason? TakeRows(ComputeContext context, Generation generation, PlanEntry entry, ReadOnlySpan<int> planned)
    {
        var row = entry.FirstRow + entry.Count - entry.Outputs;
        generation.IsWriting = true;
        if (generation.MaxTokens == 0)
        {
            // Nothing is to be written: the prompt was to be computed, for those who come after.
            return FinishReason.Length;
        }

        if (generation.Scoring is { } scoring)
        {
            scoring.Start(context.Decoder.Logits(row));
            return DecideWhenScored(context, generation, scoring);
        }

        FinishReason? reason = null;
        var right = 0;
        for (; ; right++)
        {
            var count = generation.Tokens.Length;
            reason = TakeRow(generation, context.Decoder.Logits(row + right));
            var isGuessed = right < entry.Drafts && generation.Tokens.Length > count && generation.Tokens[count] == planned[entry.Count - entry.Drafts + right];
            if (!isGuessed || reason is not null || generation.Tokens.Length != count + 1 || generation.Scoring is not null)
            {
                right += isGuessed ? 1 : 0;
                break;
            }
        }

        if (entry.Drafts > 0)
        {
            generation.RightGuesses = right;
            generation.Acceptance = (0.8 * generation.Acceptance) + (0.2 * right / entry.Drafts);
            // What was guessed wrong must not stay in the cache.
            var sequence = generation.Sequence!;
            if (!context.Cache.Trim(sequence, sequence.Length - entry.Drafts + right))
            {
                // It cannot be taken out: all of it is computed again.
                context.Cache.Release(sequence);
                (generation.Sequence, generation.IsWriting) = (null, false);
            }
        }

        return reason;
    }

    /// <summary>Takes the rows of an option's tokens.</summary>
    public FinishReason? TakeOptionRows(ComputeContext context, Generation generation, PlanEntry entry)
    {
        var scoring = generation.Scoring!;
        for (var at = 0; at < entry.Count; at++)
        {
            scoring.Advance(entry.Option, context.Decoder.Logits(entry.FirstRow + at));
        }

        if (scoring.IsFinished(entry.Option))
        {
            foreach (var loser in scoring.FinishedLosers())
            {
                context.Cache.Release(loser);
            }
        }

        return DecideWhenScored(context, generation, scoring);
    }

    private FinishReason? DecideWhenScored(ComputeContext context, Generation generation, ChoiceScoring scoring)
    {
        if (!scoring.IsDecided)
        {
            return null;
        }

        var best = scoring.Best;
        (generation.ChoiceScores ??= []).Add(LogSoftmax.Probabilities(scoring.Scores));
        if (scoring.Branches[best] is { } winner)
        {
            // The copy holds the text and all but the last token of the option.
            scoring.Branches[best] = null;
            context.Cache.Release(generation.Sequence!);
            generation.Sequence = winner;
        }

        generation.Scoring = null;
        generation.Constraint!.Choose(best);
        return Feed(generation, scoring.Options[best]) ?? Advance(generation);
    }

    private FinishReason? TakeRow(Generation generation, Span<float> row)
    {
        var token = _sampler.Sample(row, generation.Request.Sampling, ref generation.Random, generation.Tokens, generation.Constraint);
        if (token < 0)
        {
            throw new ModelUnavailableException("The model computed no usable next token: its numbers are not finite, or the output shape allows nothing here.");
        }

        if (vocabulary.IsEnd(token))
        {
            Touch(generation);
            return FinishReason.Stop;
        }

        generation.Constraint?.Accept(token);
        return Write(generation, token) ?? Advance(generation);
    }

    /// <summary>Up to where the model has to choose.</summary>
    private FinishReason? Advance(Generation generation)
    {
        if (generation.Constraint is not { } constraint)
        {
            return generation.OutputTokens >= generation.MaxTokens ? FinishReason.Length : null;
        }

        while (true)
        {
            if (constraint.IsComplete)
            {
                return FinishReason.Stop;
            }

            if (generation.OutputTokens >= generation.MaxTokens)
            {
                return FinishReason.Length;
            }

            _forced.Clear();
            if (!constraint.Forced(_forced) || _forced.Count == 0)
            {
                generation.Scoring = constraint.Options is { Count: > 0 } options ? new(options) : null;
                return null;
            }

            if (Feed(generation, CollectionsMarshal.AsSpan(_forced)) is { } reason)
            {
                return reason;
            }
        }
    }

    private FinishReason? Feed(Generation generation, ReadOnlySpan<int> tokens)
    {
        foreach (var token in tokens)
        {
            if (generation.OutputTokens >= generation.MaxTokens)
            {
                return FinishReason.Length;
            }

            generation.FedTokens++;
            if (Write(generation, token) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private FinishReason? Write(Generation generation, int token)
    {
        Touch(generation);
        generation.Add(token);
        generation.OutputTokens++;
        generation.Output.Tokens = generation.OutputTokens;
        var bytes = generation.Marks is { } marks && vocabulary.IsControl(token) ? marks.Bytes(token) : vocabulary.Bytes(token);
        return generation.Stops.Feed(bytes, generation.Output) ? FinishReason.StopText : null;
    }

    private void Touch(Generation generation) => generation.FirstToken = generation.FirstToken == 0 ? time.GetTimestamp() : generation.FirstToken;
}
