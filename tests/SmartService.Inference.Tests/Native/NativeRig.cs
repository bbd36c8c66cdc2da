using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

/// <summary>A copy of the test program whose native libraries may be broken, and a way to start it.</summary>
internal sealed class NativeRig
{
    private readonly string _folder = TinyModel.NewFolder();

    public NativeRig()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && NativeLayout.Current.HasLevels, "breaks ELF files for x64, so it needs Linux on x64");
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        foreach (var level in CpuLevels.Usable())
        {
            CopySet(NativeLayout.Current.Cpu(AppContext.BaseDirectory, level), NativeLayout.Current.Cpu(_folder, level));
        }
    }

    public string Runtimes => Path.Combine(_folder, "runtimes");

    /// <summary>The paths of one library, one for each level of the processor.</summary>
    public IEnumerable<string> Each(string library) =>
        CpuLevels.Usable().Select(level => NativeLayout.Current.File(NativeLayout.Current.Cpu(_folder, level), library));

    /// <summary>A folder like the unpacked CUDA package, in which the processor's libraries stand in for CUDA's.</summary>
    public string FakeCudaFolder()
    {
        var root = TinyModel.NewFolder();
        var cuda = NativeLayout.Current.Cuda(root);
        CopySet(Path.GetDirectoryName(Each("llama").First())!, cuda);
        File.Move(NativeLayout.Current.File(cuda, "ggml-cpu"), NativeLayout.Current.File(cuda, "ggml-cuda"));
        return root;
    }

    public static void CopySet(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var library in (string[])["ggml-base", "ggml-cpu", "ggml", "llama"])
        {
            File.Copy(NativeLayout.Current.File(from, library), NativeLayout.Current.File(to, library));
        }
    }

    /// <summary>Replaces a text inside a file by one of the same length.</summary>
    public static void Patch(string path, string from, string to)
    {
        var bytes = File.ReadAllBytes(path);
        var (find, replace) = (Encoding.ASCII.GetBytes(from + '\0'), Encoding.ASCII.GetBytes(to + '\0'));
        Assert.Equal(find.Length, replace.Length);
        var at = bytes.AsSpan().IndexOf(find);
        Assert.True(at >= 0, $"'{from}' is not in {path}");
        replace.CopyTo(bytes, at);
        File.WriteAllBytes(path, bytes);
    }

    public static void Cut(string path, double part)
    {
        using var file = File.OpenWrite(path);
        file.SetLength((long)(file.Length * part));
    }

    /// <summary>What the last process wrote to standard error.</summary>
    public string Errors { get; private set; } = "";

    public async Task<NativeProbeAnswer> AskAsync(
        string nativeFolder = "", GpuUse gpu = GpuUse.Auto, string? workingDirectory = null, IReadOnlyList<(string Name, string Value)>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            ArgumentList = { "exec", Path.Combine(_folder, Path.GetFileName(typeof(NativeRig).Assembly.Location)) },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = workingDirectory ?? _folder,
        };
        start.Environment[NativeProbe.Variable] = JsonSerializer.Serialize(new NativeProbe(nativeFolder, gpu, TinyModel.Chat));
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Errors = await errors;
        Assert.True(process.ExitCode == 0, $"the process ended with {process.ExitCode}: {Errors}");
        var line = (await output).Split('\n').Single(line => line.StartsWith(NativeProbeAnswer.Mark, StringComparison.Ordinal));
        return JsonSerializer.Deserialize<NativeProbeAnswer>(line[NativeProbeAnswer.Mark.Length..])!;
    }
}
