using Microsoft.Extensions.Logging;
using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>
/// The scheduler's part on the inference thread: every step gives places to waiting requests, plans, decodes, makes output of the rows,
/// and deals with what went wrong.
/// </summary>
internal sealed class StepLoop
{
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
    private long _reused;
    private long _evicted;
    private long _guessed;
    private long _right;

    public StepLoop(ContextKeeper keeper, SchedulerOptions options, TimeProvider time, SchedulerMetrics metrics, SchedulerGauges gauges, ILogger logger)
    {
        (_keeper, _options, _time, _metrics, _gauges, _logger) = (keeper, options, time, metrics, gauges, logger);
        // One id is left for copies that score options.
        var most = keeper.MaxSequences - 1;
        var queue = new FairQueue(Math.Min(options.Parallel, most), most);
        _roster = new(keeper, queue, time, metrics, gauges);
        _admission = new(_roster, most);
        _planner = new(options, _costs, queue);
        _recovery = new(keeper, _roster.Requeue);
        _writer = new(keeper.Vocabulary, time);
    }

    public SchedulerCounters Counters =>
        new(_steps, _planner.Prefixes.Hits, _planner.Prefixes.ReusedTokens, _evicted, _roster.Preemptions, _guessed, _right, _computed);

    public bool IsIdle => _roster.IsIdle;

    public void Submit(Generation generation) => _roster.Submit(generation);

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
        if (!IsIdle && _keeper.TryRenew() is { } problem)
        {
            FailAll(problem);
        }

        if (_keeper.Context is not { } context)
        {
            return false;
        }

        Unpark();
        var progress = Admit(context);
        _planner.Plan(context, _plan, _roster.Running);
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
    }

    /// <summary>Ends everything with this exception.</summary>
    public void FailAll(Exception exception)
    {
        foreach (var generation in _roster.All())
        {
            _roster.Fail(generation, exception);
        }
    }

    private void Unpark()
    {
        foreach (var generation in _roster.Running)
        {
            generation.IsParked = generation.IsParked && IsFull(generation);
        }

        foreach (var generation in _roster.Queue.All())
        {
            generation.IsParked = generation.IsParked && IsFull(generation);
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
        switch (_recovery.Decode(context, _plan, _roster.Running))
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
        context.Cache.Extend(entry.Sequence, _plan.TokensOf(entry));
        _computed += entry.Count;
        generation.FirstComputed = generation.FirstComputed == 0 ? started : generation.FirstComputed;
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
        var (before, length) = (generation.OutputTokens, entry.Sequence.Length);
        var reason = entry.Option >= 0 ? _writer.TakeOptionRows(context, generation, entry) : _writer.TakeRows(context, generation, entry, _plan.TokensOf(entry));
        _roster.Queue.Charge(generation, Math.Max(1, generation.OutputTokens - before));
        if (entry.Drafts > 0)
        {
            var right = entry.Drafts - (length - entry.Sequence.Length);
            _guessed += entry.Drafts;
            _right += right;
            _metrics.Guessed(entry.Drafts, right);
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

    /// <summary>The context is broken: everything that runs starts over once in a new one.</summary>
    private void StartOver()
    {
        _keeper.Break(_roster.Running.Count);
        foreach (var generation in _roster.Running.ToList())
        {
            generation.Scoring?.Restart();
            (generation.Sequence, generation.IsWriting) = (null, false);
            if (generation.WasReplayed)
            {
                _roster.Fail(generation, new ModelUnavailableException("The model's context failed twice while this request was computed."));
            }

            generation.WasReplayed = true;
        }
    }

    private void Report(ComputeContext context)
    {
        var pending = 0;
        foreach (var generation in _roster.Running)
        {
            pending += generation.IsWriting ? 0 : generation.Pending;
        }

        _gauges.Report(pending, context.Cache.UsedCells, _costs.PromptToken);
        var evicted = context.Cache.TakeEvictions();
        _metrics.Evicted(evicted);
        _metrics.Reused(_planner.Prefixes.ReusedTokens - _reused);
        (_evicted, _reused) = (_evicted + evicted, _planner.Prefixes.ReusedTokens);
    }
}
