namespace SmartService.Bot.Answers;

/// <summary>
/// What the bot can know about the machine behind its <c>IChatClient</c>. Whoever puts the program together fills it in, because
/// the bot and the models do not know each other.
/// </summary>
public sealed record ModelLoad
{
    /// <summary>Nothing is known: a model somewhere, never saturated.</summary>
    public static ModelLoad Unknown { get; } = new();

    /// <summary>Whether the first model runs on this machine: prompt tokens then cost the customer's time, and the model is likely small.</summary>
    public bool IsLocal { get; init; }

    /// <summary>Whether that model is so small that it calls tools by chance rather than by need.</summary>
    public bool IsSmall { get; init; }

    /// <summary>Whether a model on this machine stands in now for a first one elsewhere: it must be able to read the same prompt in time.</summary>
    public Func<bool> HasLocalStandIn { get; init; } = () => false;

    /// <summary>Whether a model elsewhere can be asked with the route <c>second</c> while this machine is saturated.</summary>
    public bool HasSecond { get; init; }

    /// <summary>Whether the first model can be asked at all; it may have failed to load.</summary>
    public Func<bool> IsAvailable { get; init; } = () => true;

    /// <summary>How long a request would wait for its first token now.</summary>
    public Func<TimeSpan> EstimatedWait { get; init; } = () => TimeSpan.Zero;

    /// <summary>Whether an exception means that the machine has more to do than it can in time, and nothing is wrong otherwise.</summary>
    public Func<Exception, bool> IsSaturated { get; init; } = _ => false;

    /// <summary>Whether the model gets the plugins' tools.</summary>
    internal bool OffersTools(AnswerOptions options) => !IsLocal || (options.LocalTools ?? !IsSmall);
}
