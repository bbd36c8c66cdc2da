namespace SmartService.Evals.Metrics;

/// <summary>Where a value lies with 95 % confidence.</summary>
public sealed record Interval(double Low, double High);
