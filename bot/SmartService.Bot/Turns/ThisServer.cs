using System.Globalization;

namespace SmartService.Bot.Turns;

/// <summary>The name under which this process holds leases; for people who read the tables. What protects is the fence.</summary>
internal static class ThisServer
{
    public static string Name { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid().ToString("N")[..8]}");
}
