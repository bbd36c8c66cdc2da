namespace SmartService.Evals.Crash;

/// <summary>One crash run.</summary>
/// <param name="Executable">The built server.</param>
/// <param name="Folder">For data and logs.</param>
/// <param name="Shop">Documents to import.</param>
/// <param name="Kills">How often a server is killed.</param>
public sealed record CrashOptions(string Executable, string Folder, string Shop, int Kills)
{
    /// <summary>A PostgreSQL database instead of SQLite.</summary>
    public string? Postgres { get; init; }

    /// <summary>More than one needs <see cref="Postgres"/>.</summary>
    public int Servers { get; init; } = 1;

    public int Customers { get; init; } = 40;

    public double MessagesPerSecond { get; init; } = 30;

    public int Seed { get; init; } = 1;

    /// <summary>
    /// Settings of the servers. Leases and timeouts are short, so that what a dead server held is free again before the next
    /// kill; turns may be tried often, because here most of them are hit by kills that are no fault of theirs.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>
    {
        ["Turns__Debounce"] = "00:00:00.3",
        ["Turns__Lease"] = "00:00:03",
        ["Turns__SendTimeout"] = "00:00:02",
        ["Turns__PullTimeout"] = "00:00:02",
        ["Turns__PullInterval"] = "00:00:00.5",
        ["Turns__MaxAttempts"] = "20",
    };
}
