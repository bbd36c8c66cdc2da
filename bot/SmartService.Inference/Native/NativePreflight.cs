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
                if (Check(files, layout) is not { } found)
                {
                    return (new NativeChoice(files[^1], root, level, IsCuda: false, null), problem);
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
            // ggml of the CUDA set needs the processor's part, which its folder does not have.
            var cpuPart = layout.File(Path.GetDirectoryName(cpu.Llama)!, "ggml-cpu");
            var problem = Check([files[0], cpuPart, .. files[1..]], layout);
            return problem is null
                ? (cpu with { Llama = files[^1], IsCuda = true }, null)
                : (null, problem);
        }

        return (null, null);
    }

    /// <summary>Loads the files in order, asks their release, and lets them go again; LLamaSharp loads them once more.</summary>
    private static string? Check(string[] files, NativeLayout layout)
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

        var loaded = new Stack<nint>();
        try
        {
            foreach (var file in files)
            {
                loaded.Push(NativeLibrary.Load(file));
            }

            return NativeRelease.ProblemOf(loaded.Peek(), loaded.Last(), files[^1]);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return LoaderMessage.Sentence(files[loaded.Count], exception.Message);
        }
        finally
        {
            while (loaded.TryPop(out var handle))
            {
                NativeLibrary.Free(handle);
            }
        }
    }
}
