namespace SmartService.Turns;

/// <summary>Where the time of a turn went, in milliseconds.</summary>
public sealed record TurnTimings(double TotalMs, double RetrieveMs, double GenerateMs);
