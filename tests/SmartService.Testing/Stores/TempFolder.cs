namespace SmartService.Testing.Stores;

/// <summary>Folders of one test process, removed when it ends.</summary>
public static class TempFolder
{
    private static readonly string Root = CreateRoot();

    /// <summary>A new empty folder.</summary>
    public static string Create()
    {
        var folder = Path.Combine(Root, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        return folder;
    }

    private static string CreateRoot()
    {
        var root = Directory.CreateTempSubdirectory("smartservice-tests-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            try
            {
                Directory.Delete(root, recursive: true);
            }
            catch (IOException)
            {
                // A child process may still hold a file; the system's temp cleaning takes the rest.
            }
        };
        return root;
    }
}
