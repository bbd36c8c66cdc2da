namespace SmartService.Inference.Tests.Gguf;

/// <summary>The development models, which are no part of the project; tests that need them are skipped elsewhere.</summary>
internal static class RealModels
{
    public static string Folder()
    {
        var named = Environment.GetEnvironmentVariable("SMARTSERVICE_TEST_MODELS");
        var folder = string.IsNullOrEmpty(named) ? BesideRepository() : named;
        Assert.SkipWhen(folder is null || !Directory.Exists(folder), "No real models: set SMARTSERVICE_TEST_MODELS to their folder.");
        return folder!;
    }

    private static string? BesideRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartService.sln")))
            {
                return Path.Combine(folder.Parent?.FullName ?? "", "shared", "models");
            }
        }

        return null;
    }
}
