namespace SmartService.Knowledge.Documents;

/// <summary>What an import did, file by file.</summary>
public sealed record ImportReport(IReadOnlyList<ImportedFile> Files)
{
    public int Failed => Files.Count(file => file.Status == ImportStatus.Failed);

    public int Passages => Files.Sum(file => file.Passages);

    public int Facts => Files.Sum(file => file.Facts);
}

/// <summary>What became of one file.</summary>
/// <param name="Path">As given or found.</param>
/// <param name="Status">The outcome.</param>
/// <param name="DocumentId">Its id in the knowledge base; null when failed or skipped.</param>
/// <param name="Passages">How many passages it has now.</param>
/// <param name="Facts">How many facts it has now.</param>
/// <param name="Warnings">Rows left out, suspicious text.</param>
/// <param name="Error">Why it failed or was skipped, in a sentence.</param>
public sealed record ImportedFile(
    string Path, ImportStatus Status, string? DocumentId, int Passages, int Facts, IReadOnlyList<string> Warnings, string? Error = null);

/// <summary>The outcome of importing a file.</summary>
public enum ImportStatus
{
    /// <summary>New in the knowledge base.</summary>
    Added,

    /// <summary>Took the place of an earlier version.</summary>
    Replaced,

    /// <summary>The same content was there already.</summary>
    Unchanged,

    /// <summary>Not a file of a known kind; only for files found in a folder.</summary>
    Skipped,

    /// <summary>Could not be read; the rest of the import went on.</summary>
    Failed,
}

/// <summary>How far an import has come, for a bar.</summary>
/// <param name="Done">Files finished.</param>
/// <param name="Total">Files in all.</param>
/// <param name="Path">The file worked on now, or the last one.</param>
/// <param name="Fraction">0 to 1 within that file.</param>
public sealed record ImportProgress(int Done, int Total, string Path, double Fraction);
