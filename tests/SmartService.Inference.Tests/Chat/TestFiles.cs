namespace SmartService.Inference.Tests.Chat;

/// <summary>Files beside the sources and the models for development.</summary>
internal static class TestFiles
{
    public const string ChatModel = "qwen2.5-coder-0.5b-instruct-zh-en-iq4_nl-00001-of-00002.gguf";

    public static string Root { get; } = FindRoot();

    public static string Templates => Path.Combine(Root, "tests", "SmartService.Inference.Tests", "Chat", "Templates");

    /// <summary>The model's path; skips the test when it is not here.</summary>
    public static string Model(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SMARTSERVICE_TEST_MODELS") is { Length: > 0 } set ? set : Path.Combine(Root, "..", "shared", "models");
        var path = Path.GetFullPath(Path.Combine(folder, name));
        Assert.SkipUnless(File.Exists(path), $"{name} is neither in SMARTSERVICE_TEST_MODELS nor in ../shared/models.");
        return path;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartService.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No folder above the tests holds SmartService.sln.");
    }
}
