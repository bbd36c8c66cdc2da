namespace SmartService.Inference.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class SourceTree
{
    /// <summary>Its folder, or null when the tests run elsewhere.</summary>
    public static string? Root { get; } = Find();

    private static string? Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartService.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
