using SmartService.Evals.Rig;
using SmartService.Evals.Suites;

namespace SmartService.Server.Tests.Crash;

/// <summary>The built server of the same configuration as these tests.</summary>
internal static class BuiltServer
{
    public static string Path { get; } = ServerExecutable.Find(System.IO.Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SmartService.Server", System.IO.Path.GetFileName(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar)),
        OperatingSystem.IsWindows() ? "SmartService.Server.exe" : "SmartService.Server"));
}

/// <summary>For runs that nobody watches.</summary>
internal sealed class NoProgress : IProgress<SuiteProgress>
{
    public void Report(SuiteProgress value)
    {
    }
}
