using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SmartService.Data;
using SmartService.Knowledge.Store;

namespace SmartService.Knowledge.Documents;

/// <summary>Brings files into the store, one after the other.</summary>
internal sealed class Importer(KnowledgeStore store, KnowledgeWriter writer, IEnumerable<IDocumentReader> readers, long largestFile, ILogger logger) : IDisposable
{
    private readonly Dictionary<string, IDocumentReader> _readers =
        readers.SelectMany(reader => reader.Extensions.Select(extension => (extension, reader))).ToDictionary(pair => pair.extension, pair => pair.reader, StringComparer.OrdinalIgnoreCase);

    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<ImportReport> ImportAsync(IEnumerable<string> paths, IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var files = paths.SelectMany(Expand).DistinctBy(file => file.Path, StringComparer.Ordinal).ToList();
        var results = new List<ImportedFile>(files.Count);
        await _one.WaitAsync(cancellationToken);
        try
        {
            foreach (var (path, named) in files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var done = results.Count;
                progress?.Report(new ImportProgress(done, files.Count, path, 0));
                var result = await ImportOneAsync(path, named, fraction => progress?.Report(new ImportProgress(done, files.Count, path, fraction)), cancellationToken);
                KnowledgeTelemetry.Imported(result.Status);
                results.Add(result);
            }
        }
        finally
        {
            _one.Release();
        }

        if (files.Count > 0)
        {
            progress?.Report(new ImportProgress(files.Count, files.Count, files[^1].Path, 1));
        }

        return new ImportReport(results);
    }

    public void Dispose() => _one.Dispose();

    private static IEnumerable<(string Path, bool Named)> Expand(string path) =>
        Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System })
                .Order(StringComparer.Ordinal).Select(file => (file, false))
            : [(path, true)];

    private async Task<ImportedFile> ImportOneAsync(string path, bool named, Action<double> progress, CancellationToken cancellationToken)
    {
        try
        {
            if (!named && Path.GetFileNameWithoutExtension(path).Equals("README", StringComparison.OrdinalIgnoreCase))
            {
                return Skipped(path, "A README describes the folder to people who work on it.");
            }

            if (!_readers.TryGetValue(Path.GetExtension(path), out var reader))
            {
                var why = $"Files of kind '{Path.GetExtension(path)}' are not read; known kinds are {string.Join(' ', _readers.Keys.Order(StringComparer.Ordinal))}.";
                return named ? Failed(path, why) : Skipped(path, why);
            }

            var size = new FileInfo(path).Length;
            if (size > largestFile)
            {
                return Failed(path, $"The file has {size / 1024 / 1024} MB; Knowledge:LargestFileMb allows {largestFile / 1024 / 1024}.");
            }

            return await StoreAsync(path, reader, await File.ReadAllBytesAsync(path, cancellationToken), progress, cancellationToken);
        }
        catch (Exception exception) when (exception is UnreadableDocumentException or IOException or UnauthorizedAccessException)
        {
            return Failed(path, exception.Message);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or StoreUnavailableException))
        {
            // The edge of the loop: a reader that meets a file nobody thought of must not stop the rest.
            Log.ImportBroke(logger, path, exception);
            return new ImportedFile(path, ImportStatus.Failed, null, 0, 0, [], $"The file could not be read: {exception.GetType().Name}.");
        }
    }

    private async Task<ImportedFile> StoreAsync(string path, IDocumentReader reader, byte[] content, Action<double> progress, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        var full = Path.GetFullPath(path);
        var id = DocumentRows.IdOf(full);
        if (await store.FindByHashAsync(hash, cancellationToken) is { } same)
        {
            var warnings = same.Id == id ? Array.Empty<string>() : [$"The same content is in the knowledge base as {same.Path}."];
            return new ImportedFile(path, ImportStatus.Unchanged, same.Id, 0, 0, warnings);
        }

        var document = reader.Read(Path.GetFileName(path), content);
        if (document.Passages.Count == 0)
        {
            throw new UnreadableDocumentException("The file holds no text.");
        }

        var before = await store.GenerationAsync(id, cancellationToken);
        var generation = await writer.BeginAsync(id, full, document.Title, cancellationToken);
        // What an import that was cut off left behind, or this very path deleted half-way.
        await writer.RemoveAsync(id, $"generation < @generation and generation <> {before}", generation, cancellationToken);
        var rows = DocumentRows.From(document, id, generation);
        await writer.WriteAsync(rows.Passages, rows.Facts, rows.Aliases, id, generation, progress, cancellationToken);
        var summary = new KnowledgeDocument
        {
            Id = id,
            Path = full,
            Title = document.Title,
            Passages = rows.Passages.Count,
            Facts = rows.Facts.Count,
            ValidFrom = document.ValidFrom?.ToUnixTimeMilliseconds(),
            ValidTo = document.ValidTo?.ToUnixTimeMilliseconds(),
        };
        await writer.PublishAsync(summary, hash, generation, cancellationToken);
        await writer.RemoveAsync(id, "generation < @generation", generation, cancellationToken);
        var status = before > 0 ? ImportStatus.Replaced : ImportStatus.Added;
        Log.Imported(logger, path, status, rows.Passages.Count, rows.Facts.Count);
        return new ImportedFile(path, status, id, rows.Passages.Count, rows.Facts.Count, [.. document.Warnings, .. rows.Warnings]);
    }

    private static ImportedFile Skipped(string path, string why) => new(path, ImportStatus.Skipped, null, 0, 0, [], why);

    private ImportedFile Failed(string path, string why)
    {
        Log.ImportFailed(logger, path, why);
        return new ImportedFile(path, ImportStatus.Failed, null, 0, 0, [], why);
    }
}
