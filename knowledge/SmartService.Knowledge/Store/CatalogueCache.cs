using SmartService.Data;
using SmartService.Knowledge.Retrieval;

namespace SmartService.Knowledge.Store;

/// <summary>
/// The current <see cref="Catalogue"/>. Signals make it new at once; because a signal may be lost, the store is also
/// asked from time to time whether it changed.
/// </summary>
internal sealed class CatalogueCache : IDisposable
{
    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(10);

    private readonly IDatabase _database;
    private readonly KnowledgeStore _store;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly IDisposable _subscription;
    private volatile Entry? _entry;
    private long _changes;

    public CatalogueCache(IDatabase database, KnowledgeStore store, TimeProvider time)
    {
        (_database, _store, _time) = (database, store, time);
        _subscription = database.Signals.Subscribe(KnowledgeTopics.Changed, _ => Interlocked.Increment(ref _changes));
    }

    public async Task<Catalogue> GetAsync(CancellationToken cancellationToken)
    {
        if (Current() is { } current)
        {
            return current;
        }

        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (Current() is { } loaded)
            {
                return loaded;
            }

            var changes = Interlocked.Read(ref _changes);
            var stamp = await StampAsync(cancellationToken);
            var entry = _entry;
            var catalogue = entry is not null && entry.Stamp == stamp ? entry.Catalogue : await LoadAsync(cancellationToken);
            _entry = new Entry(catalogue, stamp, changes, _time.GetTimestamp());
            return catalogue;
        }
        finally
        {
            _loading.Release();
        }
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _loading.Dispose();
    }

    private Catalogue? Current() => _entry is { } entry && entry.Changes == Interlocked.Read(ref _changes) && _time.GetElapsedTime(entry.CheckedAt) < CheckEvery
        ? entry.Catalogue
        : null;

    private Task<string> StampAsync(CancellationToken cancellationToken) => _database.ReadAsync(
        async scope =>
        {
            await using var command = scope.Connection.CreateCommand();
            command.CommandText = "select count(*) || ' ' || coalesce(sum(generation), 0) || ' ' || coalesce(max(imported_at), 0) || ' ' || coalesce(sum(passages), 0) from knowledge_document where generation > 0";
            return (string)(await command.ExecuteScalarAsync(scope.CancellationToken))!;
        },
        cancellationToken);

    private async Task<Catalogue> LoadAsync(CancellationToken cancellationToken)
    {
        var catalogue = await _store.CatalogueAsync(cancellationToken);
        foreach (var batch in catalogue.NameBigrams.Chunk(500))
        {
            await CountAsync(catalogue, batch, cancellationToken);
        }

        var frequent = await _store.FrequentPairsAsync(cancellationToken);
        foreach (var row in frequent)
        {
            catalogue.Counts[row.Term] = row.Passages;
        }

        catalogue.Spelling = new Spelling(frequent.Select(row => row.Term));
        return catalogue;
    }

    /// <summary>Looks up the frequencies that this snapshot does not know yet.</summary>
    public async Task CountAsync(Catalogue catalogue, IEnumerable<string> terms, CancellationToken cancellationToken)
    {
        var missing = terms.Where(term => !catalogue.Counts.ContainsKey(term)).Take(900).ToList();
        if (missing.Count > 0)
        {
            var counts = await _store.TermCountsAsync(missing, cancellationToken);
            foreach (var term in missing)
            {
                catalogue.Counts[term] = counts.GetValueOrDefault(term);
            }
        }
    }

    private sealed record Entry(Catalogue Catalogue, string Stamp, long Changes, long CheckedAt);
}
