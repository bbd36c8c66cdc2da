namespace SmartService.Inference.Tests;

/// <summary>
/// The development models, which are no part of the project: in the folder that SMARTSERVICE_TEST_MODELS names, else in
/// <c>shared/models</c> beside the checkout. Tests that need them are skipped elsewhere.
/// </summary>
internal static class RealModels
{
    /// <summary>The chat model's path; skips the test where it is not.</summary>
    public static string Chat() => Find("qwen2.5-coder-0.5b-instruct-zh-en-iq4_nl-00001-of-00002.gguf");

    /// <summary>The embedding model's path; skips the test where it is not.</summary>
    public static string Embedding() => Find("multilingual-e5-small-zh-en-q4_0.gguf");

    private static string Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SMARTSERVICE_TEST_MODELS") is { Length: > 0 } named ? named : Path.Combine(SourceTree.Root ?? "", "..", "shared", "models");
        var path = Path.GetFullPath(Path.Combine(folder, name));
        Assert.SkipUnless(File.Exists(path), $"{name} is neither in the folder of SMARTSERVICE_TEST_MODELS nor in ../shared/models.");
        return path;
    }
}
