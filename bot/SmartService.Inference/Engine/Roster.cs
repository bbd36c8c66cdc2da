using SmartService.Inference.Hosting;

namespace SmartService.Inference.Engine;

/// <summary>Who runs, who waits, and how a request ends: whole, failed, cancelled, or for now. On the inference thread.</summary>
internal sealed class Roster(ContextKeeper keeper, FairQueue queue, TimeProvider time, SchedulerGauges gauges)
{
    private readonly List<Generation> _running = [];

    public List<Generation> Running => _running;

    public FairQueue Queue => queue;

    public long Preemptions { get; private set; }

    public bool IsIdle => _running.Count == 0 && queue.Waiting == 0;

    /// <summary>A copy, for going through while some of them end.</summary>
    public List<Generation> All() => [.. _running, .. queue.All()];

    public void Submit(Generation generation)
    {
        if (generation.IsCancelled)
        {
            End(generation);
            return;
        }

        queue.Add(generation);
    }

    /// <summary>Ends a request that could not be taken in.</summary>
    public void Refuse(Generation generation, Exception exception)
    {
        End(generation);
        generation.Output.Fail(exception);
    }

    /// <summary>Its reader is slow, or reads again: in between it does nothing and counts for nothing.</summary>
    public void Park(Generation generation, bool isParked)
    {
        if (isParked)
        {
            gauges.Parked();
        }
        else
        {
            generation.ParkedTime += time.GetElapsedTime(generation.ParkedSince);
            gauges.Unparked(generation);
        }
    }

    public void Start(Generation generation)
    {
        queue.Started(generation);
        _running.Add(generation);
        gauges.Started(generation);
    }

    /// <summary>Gives the request's cells to others; it starts over when there is room for all of it.</summary>
    public void Requeue(Generation generation)
    {
        generation.Preemptions++;
        generation.IsWriting = false;
        DropBranches(generation);
        if (generation.Sequence is { } sequence)
        {
            keeper.Context?.Cache.Release(sequence);
            generation.Sequence = null;
        }

        _running.Remove(generation);
        queue.Ended(generation);
        queue.Add(generation);
        gauges.Requeued(generation);
        Preemptions++;
    }

    public void Finish(Generation generation, FinishReason reason)
    {
        if (reason != FinishReason.StopText)
        {
            generation.Stops.Flush(generation.Output);
        }

        var now = time.GetTimestamp();
        var usage = new GenerationUsage(
            generation.PromptLength,
            Math.Max(0, generation.CachedTokens),
            generation.OutputTokens,
            generation.FedTokens,
            generation.DroppedBlocks,
            time.GetElapsedTime(generation.Submitted, generation.FirstComputed == 0 ? now : generation.FirstComputed),
            time.GetElapsedTime(generation.Submitted, generation.FirstToken == 0 ? now : generation.FirstToken),
            time.GetElapsedTime(generation.Submitted, now));
        Leave(generation, generation.ConversationKey);
        generation.Output.Complete(new("") { Finish = reason, Usage = usage, ChoiceScores = generation.ChoiceScores });
    }

    public void Fail(Generation generation, Exception exception)
    {
        Leave(generation, conversation: null);
        generation.Output.Fail(exception);
    }

    /// <summary>The reader is gone. What was computed stays in the cache as long as nobody needs the room.</summary>
    public void Cancel(Generation generation)
    {
        if (!generation.IsEnded)
        {
            Leave(generation, conversation: null);
            generation.Output.Fail(new OperationCanceledException());
        }
    }

    /// <summary>Copies for scoring a choice are given up; scoring begins anew.</summary>
    public void DropBranches(Generation generation)
    {
        if (generation.Scoring is not { } scoring)
        {
            return;
        }

        foreach (var branch in scoring.Branches)
        {
            if (branch is not null)
            {
                keeper.Context?.Cache.Release(branch);
            }
        }

        scoring.Restart();
    }

    /// <summary>The request gives up its place; its sequence is kept for those who come after.</summary>
    private void Leave(Generation generation, string? conversation)
    {
        DropBranches(generation);
        if (generation.Sequence is { } sequence)
        {
            keeper.Context?.Cache.Retain(sequence, conversation);
            generation.Sequence = null;
        }

        if (_running.Remove(generation))
        {
            queue.Ended(generation);
        }
        else
        {
            queue.Remove(generation);
        }

        End(generation);
    }

    private void End(Generation generation)
    {
        if (generation.IsEnded)
        {
            return;
        }

        if (generation.IsParked)
        {
            generation.IsParked = false;
            Park(generation, isParked: false);
        }

        generation.IsEnded = true;
        // The time for which its reader was waited for held nobody up.
        gauges.Ended(generation, generation.FirstComputed == 0 ? TimeSpan.Zero : time.GetElapsedTime(generation.FirstComputed) - generation.ParkedTime);
    }
}
