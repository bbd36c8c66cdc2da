namespace SmartService.Evals.Suites;

/// <summary>Where things lie in a clone, found from the running program or the working folder upwards.</summary>
public static class RepositoryPaths
{
    private const string Mark = "SmartService.sln";

    /// <summary>The root of the clone.</summary>
    /// <exception cref="EvalException">The program runs outside of a clone.</exception>
    public static string Root { get; } =
        RootAbove(AppContext.BaseDirectory) ?? RootAbove(Directory.GetCurrentDirectory())
        ?? throw new EvalException($"The evaluations run inside a clone; no {Mark} above {AppContext.BaseDirectory}.");

    public static string Suites => Path.Combine(Root, "evals", "suites");

    public static string SampleShop => Path.Combine(Root, "knowledge", "samples");

    public static string DefaultData => Path.GetFullPath(Path.Combine(Root, "..", "shared", "data"));

    private static string? RootAbove(string folder)
    {
        for (var directory = new DirectoryInfo(folder); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Mark)))
            {
                return directory.FullName;
            }
        }

        return null;
    }
}
