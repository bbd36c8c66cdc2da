using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using LLama.Abstractions;
using LLama.Exceptions;
using LLama.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SmartService.Inference.Native;

/// <summary>
/// Loads llama.cpp once for the process, before anything else of LLamaSharp is touched. Whatever is missing or broken costs the
/// local model, never the process: the outcome is a value.
/// </summary>
public static class NativeBackend
{
    private static readonly Lock Gate = new();

    private static NativeOutcome? _outcome;

    /// <summary>
    /// Loads the libraries and says what came of it. The first call that loads any decides for the life of the process, because
    /// libraries cannot be exchanged; before that, another call with other options starts anew. Thread-safe.
    /// </summary>
    public static NativeOutcome Start(LocalModelOptions options, ILogger? logger = null)
    {
        lock (Gate)
        {
            if (_outcome is not null)
            {
                return _outcome;
            }

            // The preflight already opens libgomp.
            OpenMp.SleepWhileWaiting();
            var preflight = NativePreflight.Run(options.NativeFolder, AppContext.BaseDirectory, options.Gpu, NativeLayout.Current, CpuLevels.Usable());
            if (preflight.Choice is not { } choice)
            {
                return NativeOutcome.Unavailable(preflight.Problem!, preflight.Warning);
            }

            return _outcome = Preload(choice) is { } problem
                ? NativeOutcome.Unavailable(problem, choice.Warning)
                : StartChosen(choice, options.Gpu, logger ?? NullLogger.Instance);
        }
    }

    /// <summary>
    /// Loads the files in order, for the loader's own words where one fails, which LLamaSharp swallows. They are never let go:
    /// ggml aborts the process when it is loaded a second time to the place where it was before.
    /// </summary>
    private static string? Preload(NativeChoice choice)
    {
        var handles = new List<nint>();
        foreach (var file in choice.Files)
        {
            try
            {
                handles.Add(NativeLibrary.Load(file));
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                return LoaderMessage.Sentence(file, exception.Message);
            }
        }

        return NativeRelease.ProblemOf(handles[^1], handles[0], choice.Llama);
    }

    private static NativeOutcome StartChosen(NativeChoice choice, GpuUse gpu, ILogger logger)
    {
        try
        {
            return Load(choice, logger) is { } problem ? NativeOutcome.Unavailable(problem, choice.Warning) : Describe(choice, gpu);
        }
        catch (InvalidOperationException exception)
        {
            return NativeOutcome.Unavailable(
                $"Another part of this program used LLamaSharp before, so its libraries cannot be chosen any more: call {nameof(NativeBackend)}.{nameof(Start)} first. ({exception.GetType().Name})");
        }
        catch (Exception exception) when (exception is RuntimeError or TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or FileNotFoundException)
        {
            var reason = exception.InnerException ?? exception;
            return NativeOutcome.Unavailable(
                $"LLamaSharp could not load '{choice.Llama}' ({reason.GetType().Name}): restore the packages LLamaSharp and LLamaSharp.Backend.Cpu, both {NativeLayout.Release}.", choice.Warning);
        }
    }

    // In methods of their own: no type of LLamaSharp may be initialised on the paths above.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string? Load(NativeChoice choice, ILogger logger)
    {
        NativeLibraryConfig.All
            .WithLogCallback(NativeLog.For(logger))
            .WithSearchDirectory(choice.CpuRoot)
            .WithSearchDirectory(AppContext.BaseDirectory)
            .WithAutoFallback(false)
            .WithVulkan(false)
            .WithSelectingPolicy(new OnlyThis(choice));
        if (!NativeLibraryConfig.LLama.DryRun(out _))
        {
            return $"LLamaSharp could not load '{choice.Llama}'.";
        }

        NativeApi.llama_empty_call();
        var defaults = LLamaContextParams.Default();
        return (defaults.n_ctx, defaults.n_batch, defaults.n_ubatch, defaults.n_seq_max, defaults.n_threads, defaults.kv_unified) == (512u, 2048u, 512u, 1u, 4, false)
            && defaults is { type_k: GGMLType.GGML_TYPE_F16, type_v: GGMLType.GGML_TYPE_F16, offload_kqv: true }
            ? null
            : $"The native library '{choice.Llama}' has other parameters than LLamaSharp {NativeLayout.Release}: take it from the package LLamaSharp.Backend of that release.";
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static NativeOutcome Describe(NativeChoice choice, GpuUse gpu)
    {
        var devices = choice.IsCuda ? Devices(choice) : [];
        if (choice.IsCuda && (devices.Count == 0 || !NativeApi.llama_supports_gpu_offload()) && gpu == GpuUse.Required)
        {
            return NativeOutcome.Unavailable(
                "Model:Gpu is Required and the CUDA libraries are loaded, but the driver shows no GPU: look at nvidia-smi and at CUDA_VISIBLE_DEVICES.");
        }

        var cpu = NativeLayout.Current.HasLevels
            ? choice.Level switch { CpuLevel.Avx512 => "CPU AVX-512", CpuLevel.Avx2 => "CPU AVX2", CpuLevel.Avx => "CPU AVX", _ => "CPU without AVX" }
            : $"CPU {RuntimeInformation.ProcessArchitecture}";
        return new NativeOutcome
        {
            IsAvailable = true,
            Backend = devices.Count > 0 ? $"CUDA 12, {string.Join(", ", devices)}" : cpu,
            HasGpu = devices.Count > 0,
            Folder = choice.Folder,
            Warning = choice.IsCuda && devices.Count == 0 ? "The CUDA libraries are loaded, but the driver shows no GPU; the processor is used." : choice.Warning,
            SystemInfo = Marshal.PtrToStringUTF8(NativeApi.llama_print_system_info())?.Trim() ?? "",
        };
    }

    /// <summary>Names of all devices but processors. LLamaSharp does not bind the descriptions; the library is loaded, so it can be asked.</summary>
    private static unsafe List<string> Devices(NativeChoice choice)
    {
        var names = new List<string>();
        var library = NativeLibrary.Load(choice.Files[0]);
        var describe = (delegate* unmanaged[Cdecl]<nint, nint>)NativeLibrary.GetExport(library, "ggml_backend_dev_description");
        for (nuint at = 0; at < NativeApi.ggml_backend_dev_count(); at++)
        {
            var device = NativeApi.ggml_backend_dev_get(at);
            if (Marshal.PtrToStringUTF8(NativeApi.ggml_backend_dev_name(device)) is { } name && name.StartsWith("CUDA", StringComparison.Ordinal))
            {
                names.Add(Marshal.PtrToStringUTF8(describe(device)) ?? name);
            }
        }

        return names;
    }

    /// <summary>
    /// Offers what the preflight chose and nothing else, by absolute path, so that neither a file in the working directory nor
    /// the toolkit's version decides. LLamaSharp asks twice: for the dry run and for the import resolver.
    /// </summary>
    private sealed class OnlyThis(NativeChoice choice) : INativeLibrarySelectingPolicy
    {
        public IEnumerable<INativeLibrary> Apply(NativeLibraryConfig.Description description, SystemInfo systemInfo, NativeLogConfig.LLamaLogCallback? logCallback = null) =>
            description.Library == NativeLibraryName.LLama ? [new Chosen(choice)] : [];
    }

    private sealed class Chosen(NativeChoice choice) : INativeLibrary
    {
        public NativeLibraryMetadata Metadata => new(
            NativeLibraryName.LLama,
            choice.IsCuda,
            UseVulkan: false,
            choice.Level switch { CpuLevel.Avx512 => AvxLevel.Avx512, CpuLevel.Avx2 => AvxLevel.Avx2, CpuLevel.Avx => AvxLevel.Avx, _ => AvxLevel.None });

        public IEnumerable<string> Prepare(SystemInfo systemInfo, NativeLogConfig.LLamaLogCallback? logCallback = null) => [choice.Llama];
    }
}
