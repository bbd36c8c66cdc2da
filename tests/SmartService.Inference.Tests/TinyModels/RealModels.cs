namespace SmartService.Inference.Tests.TinyModels;

/// <summary>Finds the real models: in the folder that SMARTSERVICE_TEST_MODELS names, or in <c>shared/models</c> beside the source tree.</summary>
internal static class RealModels
{
    public static string Chat() => Find("qwen2.5-coder-0.5b-instruct-zh-en-iq4_nl-00001-of-00002.gguf");

    public static string Embedding() => Find("multilingual-e5-small-zh-en-q4_0.gguf");

    private static string Find(string name)
    {
        var folder = Environment.GetEnvironmentVariable("SMARTSERVICE_TEST_MODELS");
        if (string.IsNullOrEmpty(folder))
        {
            var root = new DirectoryInfo(AppContext.BaseDirectory);
            while (root is not null && !File.Exists(Path.Combine(root.FullName, "SmartService.sln")))
            {
                root = root.Parent;
            }

            folder = Path.Combine(root?.Parent?.FullName ?? "", "shared", "models");
        }

        var path = Path.Combine(folder, name);
        Assert.SkipUnless(File.Exists(path), $"needs {name}: set SMARTSERVICE_TEST_MODELS to its folder");
        return path;
    }
}
