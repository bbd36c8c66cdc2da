using System.Reflection;

namespace SmartService.Inference.Hosting.ChildProcess;

/// <summary>How to start this program once more: as <c>dotnet X.dll</c>, by its launcher, or as a single file.</summary>
internal static class ChildCommand
{
    /// <summary>The program and its first arguments.</summary>
    /// <exception cref="ModelUnavailableException">It cannot be told.</exception>
    public static IReadOnlyList<string> OfThisProgram() =>
        ModelHostChild.IsSupported
            ? Of(Environment.ProcessPath, Assembly.GetEntryAssembly() is { } entry ? PathOf(entry) : "")
            : throw new ModelUnavailableException(
                "The models cannot have a process of their own here, because this program does not call ModelHostChild.RunIfRequestedAsync when it starts.");

    /// <param name="process">What runs: the program's own launcher, or the shared <c>dotnet</c>.</param>
    /// <param name="assembly">The entry assembly's file; empty in a single file.</param>
    internal static IReadOnlyList<string> Of(string? process, string assembly)
    {
        if (string.IsNullOrEmpty(process))
        {
            throw new ModelUnavailableException("The models cannot have a process of their own here, because the path of this program is not known.");
        }

        var isShared = string.Equals(Path.GetFileNameWithoutExtension(process), "dotnet", StringComparison.OrdinalIgnoreCase);
        return isShared && assembly.Length > 0 ? [process, assembly] : [process];
    }

    // Empty in a single file, where the process is the program; the analyzer warns of exactly that.
    [System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "Empty is the expected answer in a single file.")]
    private static string PathOf(Assembly entry) => entry.Location;
}
