using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// The scheduler's part on the inference thread: every step gives places to waiting requests, plans, decodes, and makes output of
/// the rows. What goes wrong in a decode is in <see cref="DecodeRecovery"/>.
/// </summary>
internal sealed class StepLoop
{
    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly SchedulerMetrics _metrics;
    private readonly ILogger _logger;
    private readonly FairQueue _queue;
    private readonly StepCosts _costs = new();
    private readonly StepPlanner _planner;
    private readonly StepPlan _plan = new();
    private readonly OutputWriter _writer;
    private readonly List<Generation> _running = [];
    private readonly ContextKeeper _keeper;
    private readonly DecodeRecovery _recovery;
    private readonly SchedulerGauges _gauges;
    private readonly int _mostSequences;
    private long _reused;
    private long _evicted;
    private long _steps;
    private long _preemptions;
    private long _guessed;
    private long _right;
    private long _computed;

    public StepLoop(ContextKeeper keeper, SchedulerOptions options, TimeProvider time, SchedulerMetrics metrics, SchedulerGauges gauges, ILogger logger)
    {
        (_keeper, _options, _time, _metrics, _gauges, _logger) = (keeper, options, time, metrics, gauges, logger);
        // One id is left for copies that score options.
        _mostSequences = keeper.MaxSequences - 1;
        _queue = new(Math.Min(options.Parallel, _mostSequences), _mostSequences);
        _planner = new(options, _costs, _queue);
        _writer = new(keeper.Vocabulary, time);
        _recovery = new(keeper, Requeue);
    }

    public SchedulerCounters Counters => new(_steps, _planner.Prefixes.Hits, _planner.Prefixes.ReusedTokens, _evicted, _preemptions, _guessed, _right, _computed);

    public bool IsIdle => _running.Count == 0 && _queue.Waiting == 0;

    public void Submit(Generation generation)
    {
        if (generation.IsCancelled)
        {
            End(generation);
            return;
        }

        _queue.Add(generation);
    }

    /// <summary>The reader is gone. What was computed stays in the cache as long as nobody needs the room.</summary>
    public void Cancel(Generation generation)
    {
        if (!generation.IsEnded)
        {
            Leave(generation, isWhole: false);
            generation.Output.Fail(new OperationCanceledException());
            _metrics.Failed("cancelled", _time.GetElapsedTime(generation.Submitted));
        }
    }

    /// <summary>Ends what is over its time, and what nobody reads.</summary>
    public void Sweep()
    {
        var now = _time.GetTimestamp();
        foreach (var generation in _running.Concat(_queue.All()).ToList())
        {
            if (now >= generation.Deadline)
            {
                Finish(generation, FinishReason.Deadline);
            }
            else if (generation.IsParked && generation.ParkedSince is var since && _time.GetElapsedTime(since, now) > _options.UnreadLimit)
            {
                Fail(generation, new TimeoutException("The output was not read for too long."));
            }
        }
    }

    /// <summary>False: there was nothing to do, and without an event from outside there will not be.</summary>
    public bool Step()
    {
        var started = _time.GetTimestamp();
        if (!IsIdle && !Revive())
        {
            return false;
        }

        Unpark();
        var progress = Admit();
        if (_keeper.Context is { } context)
        {
            _planner.Plan(context, _plan, _running);
            if (!_plan.IsEmpty)
            {
                _steps++;
                Compute(context);
                progress = true;
                _metrics.Step(_time.GetElapsedTime(started));
            }

            Report(context);
        }

        return progress;
    }

    /// <summary>A step threw: nothing is known of the cache any more.</summary>
    public void Crash(Exception exception)
    {
        _logger.StepFailed(exception);
        StartOver();
    }

    /// <summary>Ends everything with this exception.</summary>
    public void FailAll(Exception exception)
    {
        foreach (var generation in _running.Concat(_queue.All()).ToList())
        {
            Fail(generation, exception);
        }
    }

    private bool Revive()
    {
        if (_keeper.TryRenew() is { } problem)
        {
            FailAll(problem);
            return false;
        }

        return true;
    }

    private void Unpark()
    {
        foreach (var generation in _running)
        {
            generation.IsParked = generation.IsParked && generation.Output.Unread > _options.UnreadBytes / 2;
        }

        foreach (var generation in _queue.All())
        {
            generation.IsParked = generation.IsParked && generation.Output.Unread > _options.UnreadBytes / 2;
        }
    }

    private bool Admit()
    {
        var admitted = false;
        while (_keeper.Context is { } context && _queue.Next(CountActive(), CountBackground()) is { } next && HasSequence() && HasRoom(context, next))
        {
            _queue.Started(next);
            _running.Add(next);
            _gauges.Started(next);
            admitted = true;
            try
            {
                if (_writer.Open(next) is { } reason)
                {
                    Finish(next, reason);
                }
            }
            catch (Exception exception)
            {
                _logger.RequestFailed(exception);
                Fail(next, exception);
            }
        }

        return admitted;
    }

    /// <summary>A request whose reader is slow holds up nobody: it gives its sequence to one that can use it.</summary>
    private bool HasSequence()
    {
        if (_running.Count >= _mostSequences && _running.Find(generation => generation.IsParked) is { } parked)
        {
            Requeue(parked);
        }

        return _running.Count < _mostSequences;
    }

    private int CountActive()
    {
        var count = 0;
        foreach (var generation in _running)
        {
            count += generation.IsParked ? 0 : 1;
        }

        return count;
    }

    private int CountBackground()
    {
        var count = 0;
        foreach (var generation in _running)
        {
            count += generation.IsInteractive || generation.IsParked ? 0 : 1;
        }

        return count;
    }

    /// <summary>
    /// Cells for the rest of the prompt and a part of the output: most outputs end early, and a full cache can be dealt with. One that was
    /// preempted waits for its whole output. The first one is always let in.
    /// </summary>
    private bool HasRoom(ComputeContext context, Generation generation)
    {
        if (_running.Count == 0)
        {
            return true;
        }

        var available = context.Cache.AvailableCells;
        foreach (var other in _running)
        {
            available -= Math.Max(0, other.Pending) + Reserve(other);
        }

        var (source, length) = context.Cache.Find(generation.Tokens);
        var shared = Math.Max(source?.User is null ? 0 : length, PrefixFinder.Coming(context, generation, _running));
        return generation.Tokens.Length - shared + Reserve(generation) <= available;
    }

    private static int Reserve(Generation generation)
    {
        var left = Math.Max(0, generation.MaxTokens - generation.OutputTokens);
        return generation.Preemptions > 0 ? left : Math.Min(left, Math.Max(32, left / 4));
    }

    private void Compute(ComputeContext context)
    {
        var started = _time.GetTimestamp();
        switch (_recovery.Decode(context, _plan, _running))
        {
            case DecodeStatus.Ok:
                _keeper.Succeeded();
                NoteFirst(started);
                for (var at = 0; at < _plan.Entries.Length; at++)
                {
                    Take(context, _plan.Entries[at]);
                }

                _costs.Record(_plan.Outputs, _plan.PromptTokens, _time.GetElapsedTime(started).TotalMilliseconds);
                break;
            case DecodeStatus.NoRoom:
                // Alone in the whole cache and still no room: the text has reached the end of the context.
                Finish(_plan.Entries[0].Owner, FinishReason.Length);
                break;
            case DecodeStatus.Aborted when _keeper.IsStuck:
            case DecodeStatus.Failed:
                StartOver();
                break;
            case DecodeStatus.Aborted:
                Reconcile(context);
                break;
            default:
                ComputeOneByOne(context);
                break;
        }
    }

    /// <summary>Rows of an entry become output. A mistake in one request's constraint is that request's only.</summary>
    private void Take(ComputeContext context, PlanEntry entry)
    {
        var generation = entry.Owner;
        var planned = _plan.TokensOf(entry);
        context.Cache.Extend(entry.Sequence, planned);
        _computed += planned.Length;
        if (entry.Outputs == 0 || generation.IsEnded || generation.IsCancelled)
        {
            return;
        }

        try
        {
            var (before, cached) = (generation.OutputTokens, generation.Sequence!.Length);
            var reason = entry.Option >= 0 ? _writer.TakeOptionRows(context, generation, entry) : _writer.TakeRows(context, generation, entry, planned);
            _queue.Charge(generation, Math.Max(1, generation.OutputTokens - before));
            CountGuesses(entry.Drafts, entry.Drafts - (cached - generation.Sequence!.Length));
            if (reason is { } ended)
            {
                Finish(generation, ended);
            }
            else if (generation.Output.Unread > _options.UnreadBytes)
            {
                (generation.ParkedSince, generation.IsParked) = (_time.GetTimestamp(), true);
                // Read in the meantime: then nobody would say so again.
                generation.IsParked = generation.Output.Unread > _options.UnreadBytes / 2;
            }
        }
        catch (Exception exception)
        {
            _logger.RequestFailed(exception);
            Fail(generation, exception);
        }
    }

    private void CountGuesses(int drafts, int right)
    {
        if (drafts > 0)
        {
            _guessed += drafts;
            _right += right;
            _metrics.Guessed(drafts, right);
        }
    }

    private void NoteFirst(long started)
    {
        foreach (var entry in _plan.Entries)
        {
            entry.Owner.FirstComputed = entry.Owner.FirstComputed == 0 ? started : entry.Owner.FirstComputed;
        }
    }

    /// <summary>The decoder refused the batch and does not say for whose sake: each entry is tried alone.</summary>
    private void ComputeOneByOne(ComputeContext context)
    {
        for (var at = 0; at < _plan.Entries.Length; at++)
        {
            _plan.FillWith(at, context.Batch);
            var entry = _plan.Entries[at];
            if (entry.Owner.IsEnded)
            {
                continue;
            }

            switch (_keeper.Run(context, entry.Owner))
            {
                case DecodeStatus.Ok:
                    Take(context, entry);
                    break;
                case DecodeStatus.Invalid:
                    _logger.RequestMalformed(null);
                    Fail(entry.Owner, new ModelUnavailableException("The model refused this request as malformed."));
                    break;
                case DecodeStatus.Failed:
                    StartOver();
                    return;
                default:
                    // Interrupted, or no room: the next step finds what is missing.
                    context.Cache.Reconcile(entry.Sequence, _plan.TokensOf(entry));
                    Rewind(context, entry.Owner);
                    break;
            }
        }
    }

    private void Reconcile(ComputeContext context)
    {
        foreach (var entry in _plan.Entries)
        {
            context.Cache.Reconcile(entry.Sequence, _plan.TokensOf(entry));
        }

        foreach (var entry in _plan.Entries)
        {
            Rewind(context, entry.Owner);
        }
    }

    /// <summary>Rows were lost: what has no row is computed again, guesses are forgotten, and scoring begins anew.</summary>
    private static void Rewind(ComputeContext context, Generation generation)
    {
        DropBranches(context, generation);
        if (generation.Sequence is { } sequence && generation.Scoring is null or { HasStarted: false } && sequence.Length >= generation.Tokens.Length
            && !context.Cache.Trim(sequence, generation.Tokens.Length - 1))
        {
            context.Cache.Release(sequence);
            (generation.Sequence, generation.IsWriting) = (null, false);
        }
    }

    private static void DropBranches(ComputeContext context, Generation generation)
    {
        if (generation.Scoring is { } scoring)
        {
            foreach (var branch in scoring.Branches)
            {
                if (branch is not null)
                {
                    context.Cache.Release(branch);
                }
            }

            scoring.Restart();
        }
    }

    /// <summary>The context is broken: everything that runs starts over once in a new one.</summary>
    private void StartOver()
    {
        _keeper.Break(_running.Count);
        foreach (var generation in _running.ToList())
        {
            generation.Scoring?.Restart();
            (generation.Sequence, generation.IsWriting) = (null, false);
            if (generation.WasReplayed)
            {
                Fail(generation, new ModelUnavailableException("The model's context failed twice while this request was computed."));
            }

            generation.WasReplayed = true;
        }
    }

    /// <summary>Gives the request's cells to others; it starts over when there is room for all of it.</summary>
    private void Requeue(Generation generation)
    {
        generation.Preemptions++;
        generation.IsWriting = false;
        if (_keeper.Context is { } context)
        {
            DropBranches(context, generation);
            if (generation.Sequence is { } sequence)
            {
                context.Cache.Release(sequence);
            }
        }

        generation.Sequence = null;
        _running.Remove(generation);
        _queue.Ended(generation);
        _queue.Add(generation);
        _gauges.Requeued(generation);
        _preemptions++;
        _metrics.Preempted();
    }

    private void Finish(Generation generation, FinishReason reason)
    {
        if (reason != FinishReason.StopText)
        {
            generation.Stops.Flush(generation.Output);
        }

        var now = _time.GetTimestamp();
        var usage = new GenerationUsage(
            generation.PromptLength,
            Math.Max(0, generation.CachedTokens),
            generation.OutputTokens,
            generation.FedTokens,
            generation.DroppedBlocks,
            _time.GetElapsedTime(generation.Submitted, generation.FirstComputed == 0 ? now : generation.FirstComputed),
            _time.GetElapsedTime(generation.Submitted, generation.FirstToken == 0 ? now : generation.FirstToken),
            _time.GetElapsedTime(generation.Submitted, now));
        Leave(generation, isWhole: true);
        generation.Output.Complete(new("") { Finish = reason, Usage = usage, ChoiceScores = generation.ChoiceScores });
        _metrics.Finished(reason, usage);
    }

    private void Fail(Generation generation, Exception exception)
    {
        Leave(generation, isWhole: false);
        generation.Output.Fail(exception);
        _metrics.Failed(exception.GetType().Name, _time.GetElapsedTime(generation.Submitted));
    }

    /// <summary>The request gives up its place; its sequence is kept for those who come after.</summary>
    private void Leave(Generation generation, bool isWhole)
    {
        if (_keeper.Context is { } context)
        {
            DropBranches(context, generation);
            if (generation.Sequence is { } sequence)
            {
                context.Cache.Retain(sequence, isWhole ? generation.ConversationKey : null);
            }
        }

        generation.Sequence = null;
        if (_running.Remove(generation))
        {
            _queue.Ended(generation);
        }
        else
        {
            _queue.Remove(generation);
        }

        End(generation);
    }

    private void End(Generation generation)
    {
        if (!generation.IsEnded)
        {
            generation.IsEnded = true;
            _gauges.Ended(generation, generation.FirstComputed == 0 ? TimeSpan.Zero : _time.GetElapsedTime(generation.FirstComputed));
        }
    }

    private void Report(ComputeContext context)
    {
        var pending = 0;
        foreach (var generation in _running)
        {
            pending += generation.IsWriting ? 0 : generation.Pending;
        }

        _gauges.Report(_running.Count, pending, context.Cache.UsedCells, _costs.PromptToken);
        _metrics.Reused(_planner.Prefixes.ReusedTokens - _reused);
        var evicted = context.Cache.TakeEvictions();
        _metrics.Evicted(evicted);
        _reused = _planner.Prefixes.ReusedTokens;
        _evicted += evicted;
    }
}
