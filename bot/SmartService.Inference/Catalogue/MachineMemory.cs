using System.Globalization;

namespace SmartService.Inference.Catalogue;

/// <summary>The memory that this process may have.</summary>
/// <param name="LimitBytes">The machine's, or the container's where that is less.</param>
/// <param name="AvailableBytes">What of it is free now; files in the page cache count as free.</param>
/// <param name="IsContainer">Whether a control group sets the limit.</param>
public sealed record MachineMemory(long LimitBytes, long AvailableBytes, bool IsContainer)
{
    public static MachineMemory Read()
    {
        if (OperatingSystem.IsLinux() && ReadLinux("/") is { } linux)
        {
            return linux;
        }

        var memory = GC.GetGCMemoryInfo();
        return new MachineMemory(memory.TotalAvailableMemoryBytes, Math.Max(0, memory.TotalAvailableMemoryBytes - memory.MemoryLoadBytes), IsContainer: false);
    }

    /// <summary>Reads <c>/proc</c> and the control groups (versions 1 and 2) below a root; null where they are not as expected.</summary>
    internal static MachineMemory? ReadLinux(string root)
    {
        var machine = Values(Path.Combine(root, "proc/meminfo"));
        if (!machine.TryGetValue("MemTotal", out var total) || !machine.TryGetValue("MemAvailable", out var available))
        {
            return null;
        }

        // meminfo counts in KiB.
        var memory = new MachineMemory(total * 1024, available * 1024, IsContainer: false);
        foreach (var (limit, used) in Groups(root))
        {
            if (limit < memory.LimitBytes)
            {
                memory = memory with { LimitBytes = limit, IsContainer = true };
            }

            memory = memory with { AvailableBytes = Math.Min(memory.AvailableBytes, Math.Max(0, limit - used)) };
        }

        return memory;
    }

    // Limits of this process's group and of every group above it.
    private static IEnumerable<(long Limit, long Used)> Groups(string root)
    {
        var mount = Path.Combine(root, "sys/fs/cgroup");
        var own = Lines(Path.Combine(root, "proc/self/cgroup")).FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..].Trim('/') ?? "";
        var parts = own.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "..").ToArray();
        for (var depth = parts.Length; depth >= 0; depth--)
        {
            var folder = Path.Combine([mount, .. parts[..depth]]);
            if (Number(Path.Combine(folder, "memory.max")) is { } limit)
            {
                yield return (limit, Used(folder, "memory.current", "inactive_file"));
            }
        }

        var first = Path.Combine(mount, "memory");
        if (Number(Path.Combine(first, "memory.limit_in_bytes")) is { } old)
        {
            yield return (old, Used(first, "memory.usage_in_bytes", "total_inactive_file"));
        }
    }

    private static long Used(string folder, string file, string cache) =>
        (Number(Path.Combine(folder, file)) ?? 0) - (Values(Path.Combine(folder, "memory.stat")).TryGetValue(cache, out var inactive) ? inactive : 0);

    private static long? Number(string file) =>
        long.TryParse(Lines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // "MemTotal:  123 kB" and "inactive_file 123".
    private static Dictionary<string, long> Values(string file)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in Lines(file))
        {
            if (line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries) is [var name, var text, ..]
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                values[name] = number;
            }
        }

        return values;
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
