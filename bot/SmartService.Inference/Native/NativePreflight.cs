using System.Runtime.InteropServices;

namespace SmartService.Inference.Native;

/// <summary>
/// Finds libraries that can be loaded, without touching LLamaSharp: a failure there is a type initialisation exception that
/// stays for the life of the process and hides the loader's reason (llamasharp.md 4.2).
/// </summary>
internal static class NativePreflight
{
    private static readonly string[] CpuLibraries = ["ggml-base", "ggml-cpu", "ggml", "llama"];

    private static readonly string[] CudaLibraries = ["ggml-base", "ggml-cuda", "ggml", "llama"];

    /// <summary>Looks in <paramref name="nativeFolder"/> (empty: none) and then in <paramref name="baseFolder"/>, the program's own.</summary>
    public static PreflightResult Run(string nativeFolder, string baseFolder, GpuUse gpu, NativeLayout layout, IReadOnlyList<CpuLevel> levels)
    {
        if (nativeFolder.Length > 0 && !Directory.Exists(layout.Native(nativeFolder)))
        {
            return new PreflightResult(null,
                $"Model:NativeFolder is '{nativeFolder}', which has no folder {Path.Combine("runtimes", layout.Rid, "native")}: unpack LLamaSharpRuntimes of a LLamaSharp.Backend package {NativeLayout.Release} there as 'runtimes'.");
        }

        string[] roots = nativeFolder.Length > 0 ? [Path.GetFullPath(nativeFolder), baseFolder] : [baseFolder];
        var (cpu, cpuProblem) = FindCpu(roots, layout, levels);
        if (cpu is null)
        {
            return new PreflightResult(null, cpuProblem);
        }

        if (gpu == GpuUse.Off)
        {
            return new PreflightResult(cpu, null);
        }

        var (cuda, cudaProblem) = FindCuda(roots, layout, cpu);
        if (cuda is null && gpu == GpuUse.Required)
        {
            return new PreflightResult(null,
                cudaProblem ?? $"Model:Gpu is Required, but there are no CUDA libraries in {string.Join(" or ", roots.Select(layout.Cuda))}: build with -p:SmartServiceGpu=cuda12, or unpack LLamaSharpRuntimes of LLamaSharp.Backend.Cuda12 {NativeLayout.Release} into Model:NativeFolder as 'runtimes'.");
        }

        return new PreflightResult((cuda ?? cpu) with { Warning = cudaProblem ?? cpuProblem }, null);
    }

    private static (NativeChoice? Choice, string? Problem) FindCpu(IEnumerable<string> roots, NativeLayout layout, IReadOnlyList<CpuLevel> levels)
    {
        string? problem = null;
        foreach (var root in roots)
        {
            foreach (var level in layout.HasLevels ? levels : [CpuLevel.None])
            {
                var folder = layout.Cpu(root, level);
                if (!Directory.Exists(folder))
                {
                    continue;
                }

                var files = CpuLibraries.Select(library => layout.File(folder, library)).ToArray();
                if (ProblemOf(files, layout) is not { } found)
                {
                    return (new NativeChoice(files, root, level, IsCuda: false, null), problem);
                }

                problem ??= found;
            }
        }

        return (null, problem ?? $"The native libraries of the local model are not in {layout.Native(roots.Last())}: the package LLamaSharp.Backend.Cpu {NativeLayout.Release} puts them there.");
    }

    private static (NativeChoice? Choice, string? Problem) FindCuda(IEnumerable<string> roots, NativeLayout layout, NativeChoice cpu)
    {
        foreach (var folder in roots.Select(layout.Cuda).Where(Directory.Exists))
        {
            var files = CudaLibraries.Select(library => layout.File(folder, library)).ToArray();
            if ((ProblemOf(files, layout) ?? LoadProblem(files[1])) is { } problem)
            {
                return (null, problem);
            }

            // The set has no part for the processor; ggml finds the one that is loaded already.
            return (cpu with { Files = [files[0], layout.File(cpu.Folder, "ggml-cpu"), .. files[1..]], IsCuda = true }, null);
        }

        return (null, null);
    }

    /// <summary>What can be seen without loading: once a set is loaded, its names stand for every other set in this process.</summary>
    private static string? ProblemOf(string[] files, NativeLayout layout)
    {
        foreach (var file in files)
        {
            if (!File.Exists(file))
            {
                return $"The native library '{file}' is missing: restore the package LLamaSharp.Backend {NativeLayout.Release} that it belongs to.";
            }

            if (layout.Extension == ".so" && ElfFile.ProblemOf(file) is { } problem)
            {
                return $"The native library '{file}' {problem}: restore the package LLamaSharp.Backend {NativeLayout.Release} that it belongs to.";
            }
        }

        return NativeRelease.ProblemOf(files[0]);
    }

    /// <summary>
    /// Tries CUDA's part before anything else is loaded. Where the toolkit or the driver is missing the loader gives up before
    /// it runs any of the libraries' code, and nothing stays behind; on success it stays, and LLamaSharp gets the same image.
    /// </summary>
    private static string? LoadProblem(string file)
    {
        try
        {
            NativeLibrary.Load(file);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return LoaderMessage.Sentence(file, exception.Message);
        }
    }
}
