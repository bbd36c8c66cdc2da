using System.Runtime.InteropServices;

namespace SmartService.Inference.Native;

/// <summary>Where LLamaSharp's packages put their libraries below a folder, and how the files are called on a platform.</summary>
/// <param name="Rid">The folder below <c>runtimes</c>, as LLamaSharp chooses it.</param>
/// <param name="Prefix">Before a library's name: <c>lib</c> or nothing.</param>
/// <param name="Extension">With its dot.</param>
/// <param name="HasLevels">Whether there is one folder for each <see cref="CpuLevel"/>.</param>
internal sealed record NativeLayout(string Rid, string Prefix, string Extension, bool HasLevels)
{
    /// <summary>The release that the assembly belongs to: natives of another one have other structs.</summary>
    public const string Release = "0.30.0";

    public const string CudaFolder = "cuda12";

    public static NativeLayout Current { get; } = Of(
        OperatingSystem.IsWindows() ? OSPlatform.Windows : OperatingSystem.IsMacOS() ? OSPlatform.OSX : OSPlatform.Linux,
        RuntimeInformation.ProcessArchitecture,
        RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.OrdinalIgnoreCase));

    public static NativeLayout Of(OSPlatform system, Architecture processor, bool musl)
    {
        var arm = processor == Architecture.Arm64;
        if (system == OSPlatform.Windows)
        {
            return new NativeLayout(arm ? "win-arm64" : "win-x64", "", ".dll", !arm);
        }

        return system == OSPlatform.OSX
            ? new NativeLayout(arm ? "osx-arm64" : "osx-x64", "lib", ".dylib", false)
            : new NativeLayout(arm ? "linux-arm64" : musl ? "linux-musl-x64" : "linux-x64", "lib", ".so", !arm);
    }

    public string Native(string root) => Path.Combine(root, "runtimes", Rid, "native");

    public string Cpu(string root, CpuLevel level) => HasLevels
        ? Path.Combine(Native(root), level switch
        {
            CpuLevel.Avx512 => "avx512",
            CpuLevel.Avx2 => "avx2",
            CpuLevel.Avx => "avx",
            _ => "noavx",
        })
        : Native(root);

    public string Cuda(string root) => Path.Combine(Native(root), CudaFolder);

    public string File(string folder, string library) => Path.Combine(folder, Prefix + library + Extension);
}
