using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

/// <summary>Each test starts the program on libraries of its own; that the process answers at all is half of what is tested.</summary>
public sealed class NativeBackendTests
{
    private readonly NativeRig _rig = new();

    [Fact]
    public async Task Whole_libraries_serve_a_model()
    {
        var answer = await _rig.AskAsync();
        Assert.True(answer.Outcome.IsAvailable, answer.Outcome.Problem);
        Assert.StartsWith("CPU", answer.Outcome.Backend, StringComparison.Ordinal);
        Assert.Equal((4, null, null), (answer.Tokens, answer.Outcome.Warning, answer.ModelProblem));
        Assert.Equal(Path.GetDirectoryName(_rig.Each("llama").First()), answer.Outcome.Folder);
        Assert.Contains("CPU", answer.Outcome.SystemInfo, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_libraries_the_sentence_names_the_package()
    {
        Directory.Delete(_rig.Runtimes, recursive: true);
        await RefusedAsync("LLamaSharp.Backend.Cpu 0.30.0");
    }

    [Theory]
    [InlineData("ggml-base")]
    [InlineData("ggml-cpu")]
    [InlineData("ggml")]
    [InlineData("llama")]
    public async Task A_missing_library_is_named(string library)
    {
        foreach (var path in _rig.Each(library))
        {
            File.Delete(path);
        }

        await RefusedAsync($"{_rig.Each(library).First()}' is missing");
    }

    [Theory]
    [InlineData(0, "is empty")]
    [InlineData(0.0001, "is cut off")]
    [InlineData(0.5, "is cut off")]
    [InlineData(0.999, "is cut off")]
    public async Task A_truncated_library_is_named_and_does_not_end_the_process(double part, string problem)
    {
        foreach (var path in _rig.Each("llama"))
        {
            NativeRig.Cut(path, part);
        }

        await RefusedAsync($"{_rig.Each("llama").First()}' {problem}");
    }

    [Fact]
    public async Task A_file_that_is_no_library_is_named()
    {
        foreach (var path in _rig.Each("ggml-cpu"))
        {
            await File.WriteAllTextAsync(path, new string('x', 5000), TestContext.Current.CancellationToken);
        }

        await RefusedAsync("is not a shared library");
    }

    [Fact]
    public async Task Libraries_of_another_release_are_refused()
    {
        foreach (var path in _rig.Each("ggml-base"))
        {
            NativeRig.Patch(path, NativeRelease.GgmlVersion, "0.17.9");
        }

        await RefusedAsync("is of another release, not of ggml 0.18.0");
    }

    [Fact]
    public async Task Without_libgomp_the_sentence_says_what_to_install()
    {
        foreach (var path in (string[])[.. _rig.Each("ggml-base"), .. _rig.Each("ggml-cpu")])
        {
            NativeRig.Patch(path, "libgomp.so.1", "libgomp.so.0");
        }

        await RefusedAsync("libgomp.so.0: cannot open shared object file");
        Assert.Contains("apt-get install libgomp1", LoaderMessage.Sentence("f", "Unable to load\nlibgomp.so.1: cannot open shared object file: No such file or directory"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_best_level_is_broken_the_next_one_serves_with_a_warning()
    {
        Assert.SkipUnless(CpuLevels.Usable().Count > 1, "this processor has one level only");
        NativeRig.Cut(_rig.Each("ggml-cpu").First(), 0.5);
        var answer = await _rig.AskAsync();
        Assert.Equal(4, answer.Tokens);
        Assert.Equal(Path.GetDirectoryName(_rig.Each("llama").ElementAt(1)), answer.Outcome.Folder);
        Assert.Contains("is cut off", answer.Outcome.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_native_folder_without_libraries_is_named()
    {
        await RefusedAsync("Model:NativeFolder is '/nowhere'", nativeFolder: "/nowhere");
        await RefusedAsync("which has no folder runtimes/linux", nativeFolder: TinyModel.NewFolder());
    }

    [Fact]
    public async Task A_native_folder_comes_before_the_programs_own()
    {
        var folder = TinyModel.NewFolder();
        Directory.Move(_rig.Runtimes, Path.Combine(folder, "runtimes"));
        var answer = await _rig.AskAsync(folder);
        Assert.Equal(4, answer.Tokens);
        Assert.StartsWith(folder, answer.Outcome.Folder, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_in_the_working_directory_is_not_taken()
    {
        var elsewhere = TinyModel.NewFolder();
        foreach (var level in CpuLevels.Usable())
        {
            var folder = Directory.CreateDirectory(NativeLayout.Current.Cpu(elsewhere, level)).FullName;
            foreach (var library in (string[])["ggml-base", "ggml-cpu", "ggml", "llama"])
            {
                await File.WriteAllTextAsync(NativeLayout.Current.File(folder, library), "no library", TestContext.Current.CancellationToken);
            }
        }

        Assert.Equal(4, (await _rig.AskAsync(workingDirectory: elsewhere)).Tokens);
    }

    [Fact]
    public async Task A_demanded_gpu_without_cuda_libraries_is_refused_with_what_to_install() =>
        await RefusedAsync("-p:SmartServiceGpu=cuda12", gpu: GpuUse.Required);

    [Fact]
    public async Task Cuda_libraries_that_cannot_be_loaded_cost_the_gpu_only_and_the_sentence_says_why()
    {
        var folder = _rig.FakeCudaFolder();
        NativeRig.Patch(NativeLayout.Current.File(NativeLayout.Current.Cuda(folder), "ggml-cuda"), "libgomp.so.1", "libcuda.so.1");
        var answer = await _rig.AskAsync(folder);
        Assert.Equal((4, false), (answer.Tokens, answer.Outcome.HasGpu));
        Assert.Contains("libcuda.so.1", answer.Outcome.Warning, StringComparison.Ordinal);
        Assert.Contains("install the NVIDIA driver", answer.Outcome.Warning, StringComparison.Ordinal);
        await RefusedAsync("install the NVIDIA driver", folder, GpuUse.Required);
        Assert.Null((await _rig.AskAsync(folder, GpuUse.Off)).Outcome.Warning);
    }

    [Fact]
    public async Task Cuda_libraries_without_a_gpu_serve_from_the_processor_unless_a_gpu_is_demanded()
    {
        var folder = _rig.FakeCudaFolder();
        var answer = await _rig.AskAsync(folder);
        Assert.Equal((4, false), (answer.Tokens, answer.Outcome.HasGpu));
        Assert.Contains("the driver shows no GPU", answer.Outcome.Warning, StringComparison.Ordinal);
        Assert.StartsWith("CPU", answer.Outcome.Backend, StringComparison.Ordinal);
        await RefusedAsync("the driver shows no GPU", folder, GpuUse.Required);
    }

    [Fact]
    public async Task A_cut_off_cuda_library_is_named()
    {
        var folder = _rig.FakeCudaFolder();
        NativeRig.Cut(NativeLayout.Current.File(NativeLayout.Current.Cuda(folder), "ggml-cuda"), 0.7);
        Assert.Contains("libggml-cuda.so' is cut off", (await _rig.AskAsync(folder)).Outcome.Warning, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(string part, string nativeFolder = "", GpuUse gpu = GpuUse.Auto)
    {
        var answer = await _rig.AskAsync(nativeFolder, gpu);
        Assert.False(answer.Outcome.IsAvailable);
        Assert.Contains(part, answer.Outcome.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", answer.Outcome.Problem, StringComparison.Ordinal);
        Assert.EndsWith(".", answer.Outcome.Problem, StringComparison.Ordinal);
        Assert.Equal(answer.Outcome.Problem, answer.ModelProblem);
    }
}
