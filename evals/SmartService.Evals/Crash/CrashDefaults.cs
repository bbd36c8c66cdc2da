namespace SmartService.Evals.Crash;

/// <summary><c>evals/suites/crash/suite.json</c>.</summary>
public sealed record CrashDefaults(string Description, int Kills, int Customers, double MessagesPerSecond, int Seed);
