using SmartService.Evals.Suites;

namespace SmartService.Evals.Rig;

/// <summary>The built server that is measured from outside, as customers meet it.</summary>
public static class ServerExecutable
{
    private static readonly string Name = OperatingSystem.IsWindows() ? "SmartService.Server.exe" : "SmartService.Server";

    /// <summary>The given file, or the newest build in this clone.</summary>
    /// <exception cref="EvalException">There is none.</exception>
    public static string Find(string? given = null)
    {
        if (given is not null)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new EvalException($"There is no server at {given}.");
        }

        var builds = Path.Combine(RepositoryPaths.Root, ".artifacts", "bin", "SmartService.Server");
        return (Directory.Exists(builds) ? Directory.GetDirectories(builds) : [])
            .Select(configuration => Path.Combine(configuration, Name))
            .Where(File.Exists)
            .OrderByDescending(path => File.GetLastWriteTimeUtc(Path.ChangeExtension(path, ".dll")))
            .FirstOrDefault()
            ?? throw new EvalException("The server is not built. Run: dotnet build bot/SmartService.Server");
    }
}
