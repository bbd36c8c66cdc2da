using System.Diagnostics;
using System.Text.Json;

namespace SmartService.Inference.Tests.Native;

/// <summary>The build property that adds CUDA. The package itself is not served everywhere, so the project is evaluated, not restored.</summary>
public sealed class CudaFlavourTests
{
    [Fact]
    public async Task The_property_adds_the_cuda_package_and_a_lock_file_of_its_own()
    {
        var (packages, lockFile) = await EvaluateAsync("-p:SmartServiceGpu=cuda12");
        Assert.Contains("LLamaSharp.Backend.Cuda12", packages);
        Assert.Contains("LLamaSharp.Backend.Cpu", packages);
        Assert.EndsWith("cuda12.lock.json", lockFile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_property_there_is_the_processors_package_only()
    {
        var (packages, lockFile) = await EvaluateAsync("-p:SmartServiceGpu=");
        Assert.DoesNotContain("LLamaSharp.Backend.Cuda12", packages);
        Assert.Contains("LLamaSharp.Backend.Cpu", packages);
        Assert.DoesNotContain("cuda12", lockFile, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_packages_of_the_local_model_have_one_version()
    {
        using var answer = await MsBuildAsync("-getItem:PackageVersion");
        var versions = answer.RootElement.GetProperty("Items").GetProperty("PackageVersion").EnumerateArray()
            .Where(item => item.GetProperty("Identity").GetString()!.StartsWith("LLamaSharp", StringComparison.Ordinal))
            .Select(item => item.GetProperty("Version").GetString())
            .ToArray();
        Assert.Equal(3, versions.Length);
        Assert.All(versions, version => Assert.Equal(Inference.Native.NativeLayout.Release, version));
    }

    private static async Task<(string?[] Packages, string LockFile)> EvaluateAsync(string property)
    {
        using var answer = await MsBuildAsync("-getItem:PackageReference", "-getProperty:NuGetLockFilePath", property);
        return (
            [.. answer.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray().Select(item => item.GetProperty("Identity").GetString())],
            answer.RootElement.GetProperty("Properties").GetProperty("NuGetLockFilePath").GetString()!);
    }

    private static async Task<JsonDocument> MsBuildAsync(params string[] arguments)
    {
        var root = SourceTree.Root;
        Assert.SkipWhen(root is null, "runs inside the source tree only");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = root };
        foreach (var argument in (string[])["msbuild", Path.Combine("bot", "SmartService.Server", "SmartService.Server.csproj"), "-nodeReuse:false", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return JsonDocument.Parse(output);
    }
}
