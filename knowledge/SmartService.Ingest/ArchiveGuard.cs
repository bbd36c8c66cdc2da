using System.IO.Compression;
using SmartService.Knowledge.Documents;

namespace SmartService.Ingest;

/// <summary>Refuses archives that unpack to more than any honest document: docx and xlsx are zip files.</summary>
internal static class ArchiveGuard
{
    internal const long LargestUnpacked = 300L * 1024 * 1024;
    private const int MostEntries = 10_000;

    public static void Check(ReadOnlyMemory<byte> content, long largest = LargestUnpacked)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(content.ToArray(), writable: false), ZipArchiveMode.Read);
            if (archive.Entries.Count > MostEntries)
            {
                throw new UnreadableDocumentException($"The file holds {archive.Entries.Count} parts; at most {MostEntries} are read.");
            }

            // The declared sizes may lie, so count what really comes out.
            var buffer = new byte[81920];
            var total = 0L;
            foreach (var entry in archive.Entries)
            {
                using var stream = entry.Open();
                int read;
                while ((read = stream.Read(buffer)) > 0)
                {
                    total += read;
                    if (total > largest)
                    {
                        throw new UnreadableDocumentException($"The file unpacks to more than {largest / 1024 / 1024} MB.");
                    }
                }
            }
        }
        catch (InvalidDataException exception)
        {
            throw new UnreadableDocumentException("The file is damaged: it is not a readable Office document.", exception);
        }
    }
}
