namespace SmartService.Evals.Replay;

/// <summary><c>evals/suites/replay/suite.json</c>.</summary>
public sealed record ReplayDefaults(
    string Description,
    int Messages,
    int Customers,
    double MessagesPerSecond,
    double FragmentShare,
    double PatienceSeconds,
    string ComeBack,
    int Seed);
