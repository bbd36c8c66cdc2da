using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using SmartService.Inference.Native;
using SmartService.Inference.Tests.TinyModels;

namespace SmartService.Inference.Tests.Native;

public sealed class NativeFilesTests
{
    [Fact]
    public void Only_levels_that_the_processor_has_are_usable_and_the_best_is_first()
    {
        var levels = CpuLevels.Usable();
        Assert.Equal(levels.OrderDescending(), levels);
        Assert.Equal(CpuLevel.None, levels[^1]);
        Assert.True(!levels.Contains(CpuLevel.Avx512) || (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512Vbmi.IsSupported));
        Assert.True(!levels.Contains(CpuLevel.Avx2) || (Avx2.IsSupported && Fma.IsSupported));
        Assert.True(!levels.Contains(CpuLevel.Avx) || Avx.IsSupported);
    }

    [Theory]
    [InlineData("LINUX", Architecture.X64, false, "linux-x64", "libllama.so")]
    [InlineData("LINUX", Architecture.X64, true, "linux-musl-x64", "libllama.so")]
    [InlineData("LINUX", Architecture.Arm64, false, "linux-arm64", "libllama.so")]
    [InlineData("WINDOWS", Architecture.X64, false, "win-x64", "llama.dll")]
    [InlineData("WINDOWS", Architecture.Arm64, false, "win-arm64", "llama.dll")]
    [InlineData("OSX", Architecture.Arm64, false, "osx-arm64", "libllama.dylib")]
    [InlineData("OSX", Architecture.X64, false, "osx-x64", "libllama.dylib")]
    public void Files_lie_where_the_package_puts_them_on_each_platform(string system, Architecture processor, bool musl, string rid, string file)
    {
        var layout = NativeLayout.Of(OSPlatform.Create(system), processor, musl);
        Assert.Equal(rid, layout.Rid);
        var path = layout.File(layout.Cpu("root", CpuLevel.Avx2), "llama");
        string[] expected = layout.HasLevels ? ["root", "runtimes", rid, "native", "avx2", file] : ["root", "runtimes", rid, "native", file];
        Assert.Equal(Path.Combine(expected), path);
        // The test project carries all platforms when it is built without one.
        var packaged = Path.Combine(AppContext.BaseDirectory, Path.Combine(expected[1..]));
        Assert.True(File.Exists(packaged) || rid != NativeLayout.Current.Rid, packaged);
    }

    [Fact]
    public void A_library_cut_off_at_any_place_is_noticed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF is Linux's format");
        var whole = NativeLayout.Current.File(NativeLayout.Current.Cpu(AppContext.BaseDirectory, CpuLevels.Usable()[0]), "ggml");
        Assert.Null(ElfFile.ProblemOf(whole));
        var content = File.ReadAllBytes(whole);
        var path = Path.Combine(TinyModel.NewFolder(), "cut.so");
        for (var length = 0; length < content.Length; length += 997)
        {
            File.WriteAllBytes(path, content[..length]);
            Assert.NotNull(ElfFile.ProblemOf(path));
        }
    }

    [Fact]
    public void A_library_for_another_processor_is_noticed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF is Linux's format");
        var whole = NativeLayout.Current.File(NativeLayout.Current.Cpu(AppContext.BaseDirectory, CpuLevels.Usable()[0]), "ggml");
        var content = File.ReadAllBytes(whole);
        // e_machine: 40 is 32-bit ARM.
        content[18] = 40;
        var path = Path.Combine(TinyModel.NewFolder(), "arm.so");
        File.WriteAllBytes(path, content);
        Assert.Equal("is for another processor", ElfFile.ProblemOf(path));
    }

    [Theory]
    [InlineData("libcudart.so.12", "CUDA 12 runtime")]
    [InlineData("libcublas.so.12", "cuBLAS")]
    [InlineData("libcuda.so.1", "NVIDIA driver")]
    [InlineData("libgomp.so.1", "apt-get install libgomp1")]
    public void The_loaders_message_becomes_what_to_install(string missing, string cure)
    {
        var message = $"Unable to load shared library '/x/libggml.so' or one of its dependencies. In order to help diagnose loading problems, consider strace.\n{missing}: cannot open shared object file: No such file or directory\n";
        var sentence = LoaderMessage.Sentence("/x/libggml.so", message);
        Assert.Contains(cure, sentence, StringComparison.Ordinal);
        Assert.Contains($"({missing}: cannot open shared object file: No such file or directory)", sentence, StringComparison.Ordinal);
    }
}
