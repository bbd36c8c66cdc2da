namespace SmartService.Bot;

/// <summary>Topics of <see cref="Data.Signals"/>.</summary>
public static class StoreTopics
{
    /// <summary>An account rang.</summary>
    public const string Bell = "bell";

    /// <summary>A turn became due.</summary>
    public const string Turn = "turn";

    /// <summary>A reply became due.</summary>
    public const string Deliver = "deliver";

    /// <summary>Something about a conversation changed; the payload is its id. For open desk pages.</summary>
    public const string Conversation = "conversation";
}
