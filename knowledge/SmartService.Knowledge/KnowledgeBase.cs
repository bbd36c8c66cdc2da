using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartService.Data;
using SmartService.Knowledge.Documents;
using SmartService.Knowledge.Store;

namespace SmartService.Knowledge;

/// <summary>What operators do with the knowledge base: import, list, search, look, delete. Thread-safe.</summary>
public sealed class KnowledgeBase : IDisposable
{
    private readonly KnowledgeStore _store;
    private readonly KnowledgeWriter _writer;
    private readonly Importer _importer;
    private readonly HybridRetriever _retriever;
    private readonly TimeProvider _time;
    private readonly ILogger<KnowledgeBase> _logger;

    public KnowledgeBase(
        IDatabase database, HybridRetriever retriever, IEnumerable<IDocumentReader> readers, IOptions<KnowledgeOptions> options, TimeProvider time, ILogger<KnowledgeBase> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _store = new KnowledgeStore(database);
        _writer = new KnowledgeWriter(database);
        _importer = new Importer(_store, _writer, readers, options.Value.LargestFileMb * 1024L * 1024, logger);
        (_retriever, _time, _logger) = (retriever, time, logger);
    }

    /// <summary>
    /// Imports files and folders. A file that cannot be read is reported and the rest goes on; a file with unchanged
    /// content is left alone; a changed one replaces its earlier version in one step.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store is away; files before that are imported.</exception>
    public Task<ImportReport> ImportAsync(IEnumerable<string> paths, IProgress<ImportProgress>? progress, CancellationToken cancellationToken) =>
        _importer.ImportAsync(paths, progress, cancellationToken);

    public Task<IReadOnlyList<KnowledgeDocument>> ListAsync(CancellationToken cancellationToken) => _store.ListAsync(cancellationToken);

    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken) => (await _store.ListAsync(cancellationToken)).Count == 0;

    /// <summary>What customers would be shown now, best first.</summary>
    public async Task<IReadOnlyList<SearchHit>> SearchAsync(string text, int top, CancellationToken cancellationToken)
    {
        var grounding = await _retriever.RetrieveAsync(new KnowledgeQuery(text, _time.GetUtcNow(), top), cancellationToken);
        return [.. grounding.Passages.Select(passage => new SearchHit(
            passage.Id, passage.Score, passage.Source, passage.Question is null ? passage.Text : $"{passage.Question}\n{passage.Text}"))];
    }

    /// <summary>A passage by its id, whole; null when there is none.</summary>
    public async Task<Passage?> GetPassageAsync(string id, CancellationToken cancellationToken) =>
        await _store.PassageAsync(id, cancellationToken) is { } row
            ? new Passage { Id = row.Id, Source = row.Source, Text = row.Text, Question = row.Question, Quote = row.Text, Kind = row.PassageKind, Score = 1 }
            : null;

    /// <summary>Removes a document with everything that was made from it. False when there is none.</summary>
    public async Task<bool> DeleteAsync(string documentId, CancellationToken cancellationToken)
    {
        var deleted = await _writer.DeleteAsync(documentId, cancellationToken);
        if (deleted)
        {
            Log.Deleted(_logger, documentId);
        }

        return deleted;
    }

    public void Dispose() => _importer.Dispose();
}
