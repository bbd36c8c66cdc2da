namespace SmartService.Inference.Engine;

/// <summary>
/// Gives a request its sequence, with as much in it as is computed anywhere. One whose prefix another request is about to compute
/// waits for it: four newcomers with one system prompt compute it once.
/// </summary>
internal sealed class PrefixFinder(SchedulerOptions options)
{
    /// <summary>Requests that found a prefix.</summary>
    public long Hits { get; private set; }

    /// <summary>Tokens that were not computed again.</summary>
    public long ReusedTokens { get; private set; }

    /// <summary>True: the request has a sequence and may go on. False: not in this step.</summary>
    public bool Begin(ComputeContext context, Generation generation, List<Generation> running)
    {
        if (generation.Sequence is not null)
        {
            return true;
        }

        var (source, length) = context.Cache.Find(generation.Tokens);
        if (Coming(context, generation, running) - length >= options.MinSharedTokens)
        {
            return false;
        }

        generation.Sequence = length > 0 ? Continue(context.Cache, source!, length, generation) : context.Cache.Take(generation);
        if (generation.Sequence is null)
        {
            return false;
        }

        Hits += length > 0 ? 1 : 0;
        ReusedTokens += length;
        if (generation.CachedTokens < 0)
        {
            generation.CachedTokens = Math.Min(length, generation.PromptLength);
        }

        return true;
    }

    /// <summary>
    /// How long a prefix a request that goes before this one is going to compute. Waiting only for those that go before makes a circle
    /// impossible.
    /// </summary>
    public static int Coming(ComputeContext context, Generation generation, List<Generation> running)
    {
        var longest = 0;
        if (!context.Decoder.CanTrim)
        {
            return longest;
        }

        foreach (var other in running)
        {
            if (other != generation && other is { IsWriting: false, IsParked: false, IsCancelled: false } && other.GoesBefore(generation))
            {
                longest = Math.Max(longest, generation.Tokens[..^1].CommonPrefixLength(other.Tokens));
            }
        }

        return longest;
    }

    /// <summary>
    /// The conversation's own sequence is continued, its other end would never be used again; from any other a copy is taken, unless
    /// every id is in use.
    /// </summary>
    private static CachedSequence? Continue(SequenceCache cache, CachedSequence source, int length, Generation generation)
    {
        var isOwn = source.Conversation is not null && source.Conversation == generation.ConversationKey;
        if (source.User is null && (isOwn || !cache.HasSpareBeside(source)) && cache.TakeOver(source, generation, length))
        {
            return source;
        }

        cache.Touch(source);
        var sequence = cache.Take(generation);
        if (sequence is not null && source.Length >= length)
        {
            cache.Share(source, sequence, length);
        }

        return sequence;
    }
}
