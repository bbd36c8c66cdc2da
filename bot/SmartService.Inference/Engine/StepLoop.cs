using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// The scheduler's part on the inference thread: every step gives places to waiting requests, plans, decodes, makes output of the rows,
/// and deals with what went wrong.
/// </summary>
internal sealed class StepLoop
{
    /// <summary>A request that gets further each time and breaks the context all the same ends too.</summary>
    private const int MostBreaks = 5;

    private readonly SchedulerOptions _options;
    private readonly TimeProvider _time;
    private readonly SchedulerMetrics _metrics;
    private readonly SchedulerGauges _gauges;
    private readonly ILogger _logger;
    private readonly ContextKeeper _keeper;
    private readonly Roster _roster;
    private readonly Admission _admission;
    private readonly StepCosts _costs = new();
    private readonly StepPlanner _planner;
    private readonly StepPlan _plan = new();
    private readonly DecodeRecovery _recovery;
    private readonly OutputWriter _writer;
    private long _steps;
    private long _computed;
    private long _written;
    private long _evicted;
    private long _guessed;
    private long _right;

    public StepLoop(ContextKeeper keeper, SchedulerOptions options, TimeProvider time, SchedulerMetrics metrics, SchedulerGauges gauges, ILogger logger)
    {
        (_keeper, _options, _time, _metrics, _gauges, _logger) = (keeper, options, time, metrics, gauges, logger);
        // One id is left for copies that score options.
        var most = keeper.MaxSequences - 1;
        var queue = new FairQueue(Math.Min(options.Parallel, most), most);
        _roster = new(keeper, queue, time, gauges);
        _admission = new(_roster, most);
        _planner = new(options, _costs, queue);
        _recovery = new(keeper, _roster.Requeue);
        _writer = new(keeper.Vocabulary, time);
    }

    public SchedulerCounters Counters =>
        new(_steps, _planner.Prefixes.Hits, _planner.Prefixes.ReusedTokens, _evicted, _roster.Preemptions, _guessed, _right, _computed, _written);

    public bool IsIdle => _roster.IsIdle;

    /// <summary>Takes a request in; one that cannot be taken in fails alone.</summary>
    public void Submit(Generation generation)
    {
        try
        {
            _roster.Submit(generation);
        }
        catch (Exception exception)
        {
            _logger.RequestFailed(exception);
            _roster.Refuse(generation, exception);
        }
    }

    public void Cancel(Generation generation) => _roster.Cancel(generation);

    /// <summary>Ends what is over its time, and what nobody reads.</summary>
    public void Sweep()
    {
        var now = _time.GetTimestamp();
        foreach (var generation in _roster.All())
        {
            if (now >= generation.Deadline)
            {
                _roster.Finish(generation, FinishReason.Deadline);
            }
            else if (generation.IsParked && _time.GetElapsedTime(generation.ParkedSince, now) > _options.UnreadLimit)
            {
                _roster.Fail(generation, new TimeoutException("The output was not read for too long."));
            }
        }
    }

    /// <summary>False: there was nothing to do, and without an event from outside there will not be.</summary>
    public bool Step()
    {
        var started = _time.GetTimestamp();
        // What throws before there is a new plan has nothing to do with those of the last one.
        _plan.Clear();
        if (!IsIdle && _keeper.TryRenew() is { } problem)
        {
            FailAll(problem);
        }

        if (_keeper.Context is not { } context)
        {
            // Nothing is left to compute; what was reported last would make every newcomer look like one too many.
            _gauges.Report(0, 0, 0, 0, _costs.PromptToken);
            return false;
        }

        Unpark();
        var progress = Admit(context);
        _planner.Plan(context, _plan, _roster.Running.Find(generation => generation is { IsSuspect: true, IsParked: false }) is { } suspect ? [suspect] : _roster.Running);
        if (!_plan.IsEmpty)
        {
            progress = true;
            _steps++;
            // Before the decode, so that whoever comes meanwhile sees what is ahead of it.
            Report(context);
            Compute(context);
            _metrics.Step(_time.GetElapsedTime(started));
        }

        Report(context);
        return progress;
    }

    /// <summary>A step threw: nothing is known of the cache any more.</summary>
    public void Crash(Exception exception)
    {
        _logger.StepFailed(exception);
        StartOver();
        if (_roster.Running.Count == 0)
        {
            // Nobody is left to be blamed, and those who wait would meet the same mistake for ever.
            FailAll(new ModelUnavailableException("The scheduler of the model failed.", exception));
        }
    }

    /// <summary>Ends everything with this exception.</summary>
    public void FailAll(Exception exception)
    {
        foreach (var generation in _roster.All())
        {
            try
            {
                _roster.Fail(generation, exception);
            }
            catch (Exception mistake)
            {
                // Its reader must not wait for ever, whatever is wrong with the books.
                _logger.RequestFailed(mistake);
                generation.Output.Fail(exception);
            }
        }
    }

    private void Unpark()
    {
        foreach (var generation in _roster.Running)
        {
            Unpark(generation);
        }

        foreach (var generation in _roster.Queue.All())
        {
            Unpark(generation);
        }
    }

    private void Unpark(Generation generation)
    {
        if (generation.IsParked && !IsFull(generation))
        {
            generation.IsParked = false;
            _roster.Park(generation, isParked: false);
        }
    }

    private bool IsFull(Generation generation) => generation.Output.Unread > _options.UnreadBytes / 2;

    private bool Admit(ComputeContext context)
    {
        var admitted = false;
        while (_admission.Next(context) is { } next)
        {
            _roster.Start(next);
            admitted = true;
            try
            {
                if (_writer.Open(next) is { } reason)
                {
                    _roster.Finish(next, reason);
                }
            }
            catch (Exception exception)
            {
                _logger.RequestFailed(exception);
                _roster.Fail(next, exception);
            }
        }

        return admitted;
    }

    private void Compute(ComputeContext context)
    {
        var started = _time.GetTimestamp();
        var status = _recovery.Decode(context, _plan, _roster.Running);
        if (status == DecodeStatus.Aborted && _keeper.TakeOverdue())
        {
            // The same step again would take as long again.
            _costs.RecordInterrupted(_plan.PromptTokens, _time.GetElapsedTime(started).TotalMilliseconds);
        }

        switch (status)
        {
            case DecodeStatus.Ok:
                _keeper.Succeeded();
                foreach (var entry in _plan.Entries)
                {
                    Take(context, entry, started);
                }

                _costs.Record(_plan.Outputs, _plan.PromptTokens, _time.GetElapsedTime(started).TotalMilliseconds);
                break;
            case DecodeStatus.NoRoom:
                // Alone in the whole cache and still no room: the text has reached the end of the context.
                _roster.Finish(_plan.Entries[0].Owner, FinishReason.Length);
                break;
            case DecodeStatus.Aborted when _keeper.IsStuck:
            case DecodeStatus.Failed:
                StartOver();
                break;
            case DecodeStatus.Aborted:
                foreach (var entry in _plan.Entries)
                {
                    Rewind(context, entry);
                }

                break;
            default:
                ComputeOneByOne(context, started);
                break;
        }
    }

    /// <summary>Rows of an entry become output. A mistake in one request's constraint is that request's only.</summary>
    private void Take(ComputeContext context, PlanEntry entry, long started)
    {
        var generation = entry.Owner;
        _computed += entry.Count;
        if (entry.Sequence.User != generation)
        {
            // Its request ended, or its copy was given up, with an entry before it; the decoder has forgotten the sequence already.
            return;
        }

        context.Cache.Extend(entry.Sequence, _plan.TokensOf(entry));
        if (generation.FirstComputed == 0)
        {
            generation.FirstComputed = started;
            _gauges.Began(generation.PromptLength, Math.Max(0, generation.CachedTokens));
        }

        if (entry.Outputs == 0 || generation.IsEnded || generation.IsCancelled)
        {
            return;
        }

        try
        {
            Write(context, entry);
        }
        catch (Exception exception)
        {
            _logger.RequestFailed(exception);
            _roster.Fail(generation, exception);
        }
    }

    private void Write(ComputeContext context, PlanEntry entry)
    {
        var generation = entry.Owner;
        var before = generation.OutputTokens;
        var reason = entry.Option >= 0 ? _writer.TakeOptionRows(context, generation, entry) : _writer.TakeRows(context, generation, entry, _plan.TokensOf(entry));
        var written = generation.OutputTokens - before;
        _written += written;
        _roster.Queue.Charge(generation, Math.Max(1, written));
        if (written > 0)
        {
            // It has got further than when the context broke, so it was not what broke it.
            (generation.WasReplayed, generation.IsSuspect) = (false, false);
        }

        if (entry.Drafts > 0)
        {
            _guessed += entry.Drafts;
            _right += generation.RightGuesses;
        }

        if (reason is { } ended)
        {
            _roster.Finish(generation, ended);
        }
        else if (generation.Output.Unread > _options.UnreadBytes)
        {
            (generation.ParkedSince, generation.IsParked) = (_time.GetTimestamp(), true);
            // Read in the meantime: then nobody would say so again.
            generation.IsParked = IsFull(generation);
            if (generation.IsParked)
            {
                _roster.Park(generation, isParked: true);
            }
        }
    }

    /// <summary>The decoder refused the batch and does not say for whose sake: each entry is tried alone.</summary>
    private void ComputeOneByOne(ComputeContext context, long started)
    {
        for (var at = 0; at < _plan.Entries.Length; at++)
        {
            var entry = _plan.Entries[at];
            if (entry.Sequence.User != entry.Owner)
            {
                // Its request ended, or its copy was given up, with an entry before it.
                continue;
            }

            entry = _plan.FillWith(at, context.Batch);
            switch (_keeper.Run(context, entry.Owner))
            {
                case DecodeStatus.Ok:
                    Take(context, entry, started);
                    break;
                case DecodeStatus.Invalid:
                    _logger.RequestMalformed(null);
                    _roster.Fail(entry.Owner, new ModelUnavailableException("The model refused this request as malformed."));
                    break;
                case DecodeStatus.Failed:
                    StartOver();
                    return;
                default:
                    // Interrupted, or no room: the next step finds what is missing.
                    Rewind(context, entry);
                    break;
            }
        }
    }

    /// <summary>
    /// What an interrupted decode left is kept as far as it is of use: what has no row is computed again, guesses are forgotten, and
    /// scoring begins anew.
    /// </summary>
    private void Rewind(ComputeContext context, PlanEntry entry)
    {
        if (entry.Sequence.User is null)
        {
            // A copy that went with the first of its request's entries.
            return;
        }

        context.Cache.Reconcile(entry.Sequence, _plan.TokensOf(entry));
        var generation = entry.Owner;
        _roster.DropBranches(generation);
        if (generation.Sequence is { } sequence && sequence.Length >= generation.Tokens.Length && !context.Cache.Trim(sequence, generation.Tokens.Length - 1))
        {
            context.Cache.Release(sequence);
            (generation.Sequence, generation.IsWriting) = (null, false);
        }
    }

    /// <summary>
    /// The context is broken: everything that runs starts over in a new one. Those that were being computed both times without getting
    /// further are computed one at a time until the one is found that breaks it; it fails.
    /// </summary>
    private void StartOver()
    {
        _keeper.Break(_roster.Running.Count);
        var computed = new HashSet<Generation>();
        foreach (var entry in _plan.Entries)
        {
            computed.Add(entry.Owner);
        }

        foreach (var generation in _roster.Running.ToList())
        {
            generation.Scoring?.Restart();
            (generation.Sequence, generation.IsWriting) = (null, false);
            // Without a plan nobody knows whose fault it was.
            if (computed.Count == 0 || computed.Contains(generation))
            {
                Blame(generation, isAlone: computed.Count == 1);
            }
        }
    }

    private void Blame(Generation generation, bool isAlone)
    {
        if (generation.IsSuspect || (generation.WasReplayed && isAlone) || ++generation.Breaks > MostBreaks)
        {
            _roster.Fail(generation, new ModelUnavailableException("The model's context failed more than once while this request was computed."));
            return;
        }

        (generation.IsSuspect, generation.WasReplayed) = (generation.WasReplayed, true);
    }

    private void Report(ComputeContext context)
    {
        var (prompts, begun, notBegun) = (0, 0, 0);
        foreach (var generation in _roster.Running)
        {
            if (generation is { IsWriting: false, IsParked: false })
            {
                prompts++;
                begun += generation.Sequence is null ? 0 : generation.Pending;
                notBegun += generation.Sequence is null ? generation.Pending : 0;
            }
        }

        _gauges.Report(prompts, begun, notBegun, context.Cache.UsedCells, _costs.PromptToken);
        _evicted += context.Cache.TakeEvictions();
    }
}
