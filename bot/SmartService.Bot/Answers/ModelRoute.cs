namespace SmartService.Bot.Answers;

/// <summary>Values of the chat option <c>route</c>, which a fail-over between two models understands and any other client ignores.</summary>
internal static class ModelRoute
{
    /// <summary>When the first model is saturated, say so instead of asking the second.</summary>
    public const string First = "first";

    /// <summary>Ask the second only.</summary>
    public const string Second = "second";
}
