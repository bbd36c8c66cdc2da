namespace SmartService.Inference.Engine;

/// <summary>Whether the request that is next may begin: is there a sequence for it, are there cells. On the inference thread.</summary>
/// <remarks><paramref name="mostSequences"/>: requests that can have a sequence at the same time.</remarks>
internal sealed class Admission(Roster roster, int mostSequences)
{
    /// <summary>What a request that just began is assumed to write at least.</summary>
    private const int LeastReserve = 32;

    /// <summary>The next request that may begin now; null: none.</summary>
    public Generation? Next(ComputeContext context)
    {
        var (active, background) = (0, 0);
        foreach (var generation in roster.Running)
        {
            // One whose reader is slow holds up nobody.
            active += generation.IsParked ? 0 : 1;
            background += generation.IsParked || generation.IsInteractive ? 0 : 1;
        }

        return roster.Queue.Next(active, background) is { } next && HasSequence() && HasRoom(context, next) ? next : null;
    }

    /// <summary>A request whose reader is slow gives its sequence to one that can use it.</summary>
    private bool HasSequence()
    {
        if (roster.Running.Count >= mostSequences && roster.Running.Find(generation => generation.IsParked) is { } parked)
        {
            roster.Requeue(parked);
        }

        return roster.Running.Count < mostSequences;
    }

    /// <summary>
    /// Cells for the rest of the prompt and a part of the output: most outputs end early, and a full cache can be dealt with. One that was
    /// preempted waits for its whole output. The first one is always let in. Requests whose reader is slow give their cells up first.
    /// </summary>
    private bool HasRoom(ComputeContext context, Generation generation)
    {
        while (!HasRoomBeside(context, generation))
        {
            if (roster.Running.Find(other => other.IsParked) is not { } parked)
            {
                return false;
            }

            roster.Requeue(parked);
        }

        return true;
    }

    private bool HasRoomBeside(ComputeContext context, Generation generation)
    {
        if (roster.Running.Count == 0)
        {
            return true;
        }

        var available = context.Cache.AvailableCells;
        foreach (var other in roster.Running)
        {
            available -= Math.Max(0, other.Pending) + Reserve(other);
        }

        var (source, length) = context.Cache.Find(generation.Tokens);
        // Cells of a kept sequence count as available, so only those that somebody uses anyway are saved.
        var shared = Math.Max(source?.User is null ? 0 : length, PrefixFinder.Coming(context, generation, roster.Running));
        return generation.Tokens.Length - shared + Reserve(generation) <= available;
    }

    private static int Reserve(Generation generation)
    {
        var left = Math.Max(0, generation.MaxTokens - generation.OutputTokens);
        return generation.Preemptions > 0 ? left : Math.Min(left, Math.Max(LeastReserve, left / 4));
    }
}
