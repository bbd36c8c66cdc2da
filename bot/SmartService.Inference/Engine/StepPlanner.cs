namespace SmartService.Inference.Engine;

/// <summary>
/// Decides what a step computes: first what is being written, one token of every text; then prompts, as many tokens as the target time
/// of a step leaves. On the inference thread.
/// </summary>
internal sealed class StepPlanner(SchedulerOptions options, StepCosts costs, FairQueue queue)
{
    /// <summary>The most tokens that a shape fixed and that are fed in one step beside other texts.</summary>
    private const int MostFed = 32;

    /// <summary>Tokens that a tenant is granted before the next one has its turn.</summary>
    private const int Quantum = 16;

    private readonly List<Generation> _prompts = [];
    private readonly PrefixFinder _prefixes = new(options);
    private readonly int[] _drafts = new int[Math.Max(1, options.MaxDraftTokens)];
    private int _turn;
    private int _grants;

    public PrefixFinder Prefixes => _prefixes;

    public void Plan(ComputeContext context, StepPlan plan, List<Generation> running)
    {
        plan.Clear();
        var writing = PlanTexts(context, plan, running);
        PlanPrompts(context, plan, running, writing > 0);
    }

    /// <summary>Where there are more texts than a batch has rows, another one is first each time.</summary>
    private int PlanTexts(ComputeContext context, StepPlan plan, List<Generation> running)
    {
        var writing = 0;
        foreach (var generation in running)
        {
            writing += generation is { IsWriting: true, IsParked: false } ? 1 : 0;
        }

        _turn = running.Count == 0 ? 0 : (_turn + 1) % running.Count;
        for (var at = 0; at < running.Count; at++)
        {
            var generation = running[(at + _turn) % running.Count];
            // A choice is scored to its end even when the reader is slow: its copies hold ids that others need.
            if (generation.Scoring is { HasStarted: true } scoring)
            {
                PlanOptions(context, plan, generation, scoring);
            }
            else if (generation is { IsWriting: true, IsParked: false } && HasPending(context, generation))
            {
                PlanText(context, plan, generation, writing);
            }
        }

        return writing;
    }

    private void PlanText(ComputeContext context, StepPlan plan, Generation generation, int writing)
    {
        var room = context.Decoder.BatchTokens - plan.TokenCount;
        var rows = context.Decoder.MaxOutputs - plan.Outputs;
        var count = Math.Min(Math.Min(generation.Pending, MostFed), room);
        if (count <= 0 || (count == generation.Pending && rows == 0))
        {
            return;
        }

        var pending = generation.Tokens.Slice(generation.Computed, count);
        if (count < generation.Pending)
        {
            plan.Add(generation, generation.Sequence!, pending, outputs: 0);
            return;
        }

        // Each text that still has to get its row keeps one.
        var most = Math.Min(Math.Min(room - count, rows - 1) - writing, Math.Min(_drafts.Length, generation.MaxTokens - generation.OutputTokens - 1));
        var drafts = context.Decoder.CanTrim && most > 0 ? Guess(generation, most, writing) : 0;
        if (drafts == 0)
        {
            plan.Add(generation, generation.Sequence!, pending, outputs: 1);
            return;
        }

        Span<int> tokens = stackalloc int[count + drafts];
        pending.CopyTo(tokens);
        _drafts.AsSpan(0, drafts).CopyTo(tokens[count..]);
        plan.Add(generation, generation.Sequence!, tokens, 1 + drafts, drafts);
    }

    private int Guess(Generation generation, int most, int writing)
    {
        if (options.Lookup == LookupDecoding.Off || generation.Scoring is not null)
        {
            return 0;
        }

        if (options.Lookup == LookupDecoding.Adaptive)
        {
            var best = PromptLookup.BestCount(generation.Acceptance, most, writing, costs.Base, costs.Row);
            // A text that does not quote now may quote later: it is tried with one guess once in a while.
            most = best > 0 ? best : ++generation.StepsWithoutGuess % 48 == 0 ? 1 : 0;
        }

        return most > 0 ? PromptLookup.Guess(generation.Tokens, _drafts.AsSpan(0, most)) : 0;
    }

    /// <summary>Options of one choice are computed side by side, as many as there are sequences, rows and time for.</summary>
    private void PlanOptions(ComputeContext context, StepPlan plan, Generation generation, ChoiceScoring scoring)
    {
        var rows = Math.Min(context.Decoder.MaxOutputs - plan.Outputs, context.Decoder.BatchTokens - plan.TokenCount);
        if (costs.Row > 0)
        {
            rows = Math.Min(rows, Math.Max(4, (int)((options.StepTarget.TotalMilliseconds - costs.OfRows(plan.Outputs)) / costs.Row)));
        }

        for (var option = 0; option < scoring.Options.Count && rows > 0; option++)
        {
            if (scoring.IsFinished(option))
            {
                continue;
            }

            if (scoring.Branches[option] is not { } branch)
            {
                branch = TakeBranch(context, generation, scoring);
                if (branch is null)
                {
                    return;
                }

                scoring.Branches[option] = branch;
                context.Cache.Share(generation.Sequence!, branch, generation.Computed, isLasting: false);
            }

            var done = scoring.Done(option);
            var count = Math.Min(scoring.Length(option) - done, rows);
            plan.Add(generation, branch, scoring.Options[option].AsSpan(done, count), count, option: option);
            rows -= count;
        }
    }

    /// <summary>When ids are short, the best copy so far is given up; should its option win, its tokens are computed again.</summary>
    private static CachedSequence? TakeBranch(ComputeContext context, Generation generation, ChoiceScoring scoring)
    {
        if (context.Cache.TakeSpare(generation) is { } spare)
        {
            return spare;
        }

        for (var option = 0; option < scoring.Options.Count; option++)
        {
            if (scoring.IsFinished(option) && scoring.Branches[option] is { } kept)
            {
                scoring.Branches[option] = null;
                context.Cache.Release(kept);
                return context.Cache.TakeSpare(generation);
            }
        }

        return null;
    }

    private void PlanPrompts(ComputeContext context, StepPlan plan, List<Generation> running, bool isWriting)
    {
        _prompts.Clear();
        foreach (var generation in running)
        {
            if (generation is { IsWriting: false, IsParked: false } && HasPending(context, generation) && _prefixes.Begin(context, generation, running))
            {
                generation.Granted = 0;
                _prompts.Add(generation);
            }
        }

        if (_prompts.Count == 0)
        {
            return;
        }

        Grant(Budget(context, plan, isWriting), context.Decoder.MaxOutputs - plan.Outputs);
        foreach (var generation in _prompts)
        {
            if (generation.Granted > 0)
            {
                var isWhole = generation.Granted == generation.Pending;
                plan.Add(generation, generation.Sequence!, generation.Tokens.Slice(generation.Computed, generation.Granted), isWhole ? 1 : 0);
            }
        }
    }

    private int Budget(ComputeContext context, StepPlan plan, bool isWriting)
    {
        var target = (isWriting ? options.StepTarget : options.PromptStepTarget).TotalMilliseconds;
        var tokens = costs.PromptToken > 0 ? (target - costs.OfRows(plan.Outputs)) / costs.PromptToken : isWriting ? 32 : 128;
        return (int)Math.Min(Math.Max(tokens, 8), context.Decoder.BatchTokens - plan.TokenCount);
    }

    /// <summary>
    /// A few tokens at a time to whose turn it is: interactive first, then the tenant that was given least. Within a tenant the
    /// prompt that is soonest done, but every fourth time the oldest, so that a long one is never put off for ever.
    /// </summary>
    private void Grant(int budget, int rows)
    {
        while (budget > 0)
        {
            var oldestFirst = _grants++ % 4 == 3;
            Generation? best = null;
            foreach (var generation in _prompts)
            {
                var left = generation.Pending - generation.Granted;
                // Without a row for its last token a prompt stops one short of it.
                if (left > (rows > 0 ? 0 : 1) && (best is null || ComesFirst(generation, best, oldestFirst)))
                {
                    best = generation;
                }
            }

            if (best is null)
            {
                return;
            }

            var rest = best.Pending - best.Granted;
            var count = Math.Min(Math.Min(Quantum, budget), rows > 0 ? rest : rest - 1);
            rows -= count == rest ? 1 : 0;
            best.Granted += count;
            budget -= count;
            queue.Charge(best, count);
        }
    }

    private bool ComesFirst(Generation one, Generation other, bool oldestFirst)
    {
        if (one.IsInteractive != other.IsInteractive)
        {
            return one.IsInteractive;
        }

        if (one.Request.Tenant != other.Request.Tenant && queue.Given(one) is var given && queue.Given(other) is var otherGiven && given != otherGiven)
        {
            return given < otherGiven;
        }

        var (left, otherLeft) = (one.Pending - one.Granted, other.Pending - other.Granted);
        return oldestFirst || left == otherLeft ? one.Order < other.Order : left < otherLeft;
    }

    /// <summary>
    /// Sees to it that there is a token to compute: after an interruption the last one may be in the cache while its row was lost.
    /// </summary>
    private static bool HasPending(ComputeContext context, Generation generation)
    {
        if (generation.Scoring is { HasStarted: true } || generation.Sequence is not { } sequence || generation.Pending > 0)
        {
            return true;
        }

        if (!context.Cache.Trim(sequence, generation.Tokens.Length - 1))
        {
            context.Cache.Release(sequence);
            generation.Sequence = null;
            generation.IsWriting = false;
        }

        return generation.Sequence is not null;
    }
}
