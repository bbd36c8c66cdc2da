namespace SmartService.Bot.Answers;

/// <summary>
/// What the bot and a fail-over between two models say to each other; any other client ignores it. The names are the fail-over's,
/// written again here because the bot and the models do not know each other.
/// </summary>
internal static class ModelRoute
{
    /// <summary>Name of the chat option that says who may be asked.</summary>
    public const string Key = "route";

    /// <summary>When the first model is saturated, say so instead of asking the second.</summary>
    public const string First = "first";

    /// <summary>Ask the second only.</summary>
    public const string Second = "second";

    /// <summary>Name of the update's property that says who answered; absent where there is only one model.</summary>
    public const string AnsweredByKey = "answered_by";

    /// <summary>Value of <see cref="AnsweredByKey"/>: the model on this machine.</summary>
    public const string Local = "local";
}
