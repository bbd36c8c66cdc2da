namespace SmartService.Turns;

/// <summary>What the customer wants, with a probability between 0 and 1.</summary>
public sealed record Intent(string Name, double Confidence)
{
    /// <summary>Nothing was recognised.</summary>
    public static Intent None { get; } = new("none", 0);
}
