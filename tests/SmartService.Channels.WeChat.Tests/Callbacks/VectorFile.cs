using System.Text.Json;

namespace SmartService.Channels.WeChat.Tests.Callbacks;

/// <summary>The shared crypto vectors. They stay outside the repository: next to it, or where SMARTSERVICE_SHARED says.</summary>
internal static class VectorFile
{
    public static string? Path { get; } = Find();

    public static IReadOnlyList<JsonElement> Cases()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path!));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(one => one.Clone())];
    }

    private static string? Find()
    {
        var candidates = new List<string>();
        if (Environment.GetEnvironmentVariable("SMARTSERVICE_SHARED") is { Length: > 0 } shared)
        {
            candidates.Add(shared);
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            candidates.Add(System.IO.Path.Combine(folder.FullName, "shared"));
        }

        return candidates.Select(root => System.IO.Path.Combine(root, "reference", "wecom-crypto-vectors.json")).FirstOrDefault(File.Exists);
    }
}
