namespace SmartService.Inference.Catalogue;

/// <summary>How a model is downloaded.</summary>
public sealed record ModelPullOptions
{
    public ModelSource Source { get; init; } = ModelSource.ModelScope;

    /// <summary>Asked instead of the source's own server; it must offer the same paths. Https, or this machine.</summary>
    public Uri? Mirror { get; init; }

    /// <summary>Whether the mirror may be inside a private network.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Where the model goes.</summary>
    public string Folder { get; init; } = ModelFolder.DefaultPath;

    /// <summary>
    /// Take a file although the source lists another hash or size than the catalogue was published with, or, of a mirror, although the
    /// catalogue knows no hash.
    /// </summary>
    public bool AcceptChanged { get; init; }

    /// <summary>Tries without progress before it is given up.</summary>
    public int Retries { get; init; } = 6;

    /// <summary>The first wait before another try; it doubles.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may be silent.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Free bytes on the disk of a folder.</summary>
    internal Func<string, long> FreeSpace { get; init; } = static folder =>
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder) ?? folder : folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or UnauthorizedAccessException)
        {
            // A network share of Windows has no drive: then the disk says itself when it is full.
            return long.MaxValue;
        }
    };
}

/// <summary>How far a download is.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Step">What happens with it.</param>
/// <param name="Done">Bytes.</param>
/// <param name="Total">Bytes.</param>
public sealed record ModelPullProgress(string File, ModelPullStep Step, long Done, long Total);

public enum ModelPullStep
{
    Downloading,

    /// <summary>The hash of what is there is computed.</summary>
    Checking,

    /// <summary>It is whole, and in its place.</summary>
    Finished,
}

/// <summary>What is in the folder now.</summary>
/// <param name="Path">The file to load: of several shards the first.</param>
/// <param name="Bytes">Size of all files.</param>
/// <param name="Downloaded">False where everything was there already.</param>
/// <param name="IsPinned">The hashes are those of the catalogue; false: those that the source lists.</param>
public sealed record ModelPullResult(string Path, long Bytes, bool Downloaded, bool IsPinned);
