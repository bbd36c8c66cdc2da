namespace SmartService.Inference.Engine;

/// <summary>
/// Decodes a plan and makes room when the cache is full, in this order: guesses; kept sequences, the longest unused first; requests whose
/// reader is slow; background requests; the youngest request. The oldest interactive one stays, so something always comes to its end.
/// </summary>
/// <remarks><paramref name="requeue"/>: takes a request's cells away and lets it wait.</remarks>
internal sealed class DecodeRecovery(ContextKeeper keeper, Action<Generation> requeue)
{
    /// <summary><see cref="DecodeStatus.NoRoom"/> only when one token of one request has no room in an otherwise empty cache.</summary>
    public DecodeStatus Decode(ComputeContext context, StepPlan plan, List<Generation> running)
    {
        while (!plan.IsEmpty)
        {
            plan.Fill(context.Batch);
            var status = keeper.Run(context, plan.OnlyOwner);
            if (status != DecodeStatus.NoRoom || !MakeRoom(context, plan, running))
            {
                return status;
            }
        }

        return DecodeStatus.Ok;
    }

    private bool MakeRoom(ComputeContext context, StepPlan plan, List<Generation> running)
    {
        if (plan.DropDrafts() || context.Cache.EvictOne())
        {
            return true;
        }

        if (Victim(running) is not { } victim)
        {
            return plan.Shrink();
        }

        plan.Remove(victim);
        requeue(victim);
        return true;
    }

    private static Generation? Victim(List<Generation> running)
    {
        Generation? first = null;
        foreach (var generation in running)
        {
            first = generation.Sequence is not null && !generation.IsParked && (first is null || generation.GoesBefore(first)) ? generation : first;
        }

        Generation? victim = null;
        foreach (var generation in running)
        {
            if (generation.Sequence is not null && generation != first && (victim is null || GoesSooner(generation, victim)))
            {
                victim = generation;
            }
        }

        return victim;
    }

    private static bool GoesSooner(Generation one, Generation other) => one.IsParked != other.IsParked ? one.IsParked : other.GoesBefore(one);
}
