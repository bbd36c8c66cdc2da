using Dapper;
using SmartService.Data;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Store;

/// <summary>
/// Writes documents in small transactions. The rows of an import carry its generation and stay invisible until the last
/// transaction points the document to them, so a search sees the old version or the new one, never half of each.
/// </summary>
internal sealed class KnowledgeWriter(IDatabase database)
{
    /// <summary>Passages in one transaction: the store has one writer on SQLite, and answering customers must not wait.</summary>
    internal const int BatchSize = 60;

    private const int FactBatchSize = 400;

    /// <summary>Takes the number of a new import of a document.</summary>
    public Task<long> BeginAsync(string documentId, string path, string title, CancellationToken cancellationToken) =>
        database.WriteAsync(
            scope => scope.Connection.ExecuteScalarAsync<long>(
                """
                insert into knowledge_document (id, path, title, next_generation) values (@documentId, @path, @title, 2)
                on conflict (id) do update set next_generation = knowledge_document.next_generation + 1
                returning next_generation - 1
                """,
                new { documentId, path, title },
                scope.Transaction),
            cancellationToken);

    public async Task WriteAsync(
        IReadOnlyList<PassageRow> passages, IReadOnlyList<FactRow> facts, IReadOnlyList<AliasRow> aliases, string documentId, long generation,
        Action<double> progress, CancellationToken cancellationToken)
    {
        var done = 0;
        foreach (var batch in passages.Chunk(BatchSize))
        {
            await database.WriteAsync(scope => WritePassagesAsync(scope, batch), cancellationToken);
            done += batch.Length;
            progress((double)done / passages.Count);
        }

        foreach (var batch in facts.Chunk(FactBatchSize))
        {
            await database.WriteAsync(
                scope => scope.Connection.ExecuteAsync(
                    """
                    insert into knowledge_fact (id, document_id, generation, passage_id, subject, relation, value, number, unit, source, valid_from, valid_to)
                    values (@Id, @DocumentId, @Generation, @PassageId, @Subject, @Relation, @Value, @Number, @Unit, @Source, @ValidFrom, @ValidTo)
                    """,
                    batch,
                    scope.Transaction),
                cancellationToken);
        }

        foreach (var batch in aliases.Chunk(FactBatchSize))
        {
            await database.WriteAsync(
                scope => scope.Connection.ExecuteAsync(
                    "insert into knowledge_alias (document_id, generation, alias, subject) values (@documentId, @generation, @Alias, @Subject) on conflict do nothing",
                    batch.Select(row => new { documentId, generation, row.Alias, row.Subject }),
                    scope.Transaction),
                cancellationToken);
        }
    }

    /// <summary>Makes an import visible. False when a later one was quicker.</summary>
    public Task<bool> PublishAsync(KnowledgeDocument document, string hash, long generation, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async scope =>
            {
                var changed = await scope.Connection.ExecuteAsync(
                    """
                    update knowledge_document set path = @Path, title = @Title, hash = @hash, generation = @generation, passages = @Passages,
                      facts = @Facts, valid_from = @ValidFrom, valid_to = @ValidTo, imported_at = @NowMs
                    where id = @Id and generation < @generation
                    """,
                    new
                    {
                        document.Path, document.Title, hash, generation, document.Passages, document.Facts, document.ValidFrom, document.ValidTo,
                        scope.NowMs, document.Id,
                    },
                    scope.Transaction);
                scope.Signal(KnowledgeTopics.Changed);
                return changed > 0;
            },
            cancellationToken);

    /// <summary>Removes the rows of imports that the condition names, index included.</summary>
    /// <param name="documentId">The document.</param>
    /// <param name="condition">On <c>generation</c>, with <c>@generation</c>.</param>
    /// <param name="generation">What the condition compares with.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    public async Task RemoveAsync(string documentId, string condition, long generation, CancellationToken cancellationToken)
    {
        while (await database.WriteAsync(scope => RemoveBatchAsync(scope, documentId, condition, generation), cancellationToken) > 0)
        {
        }

        await database.WriteAsync(
            async scope =>
            {
                var key = new { documentId, generation };
                await scope.Connection.ExecuteAsync($"delete from knowledge_fact where document_id = @documentId and {condition}", key, scope.Transaction);
                return await scope.Connection.ExecuteAsync($"delete from knowledge_alias where document_id = @documentId and {condition}", key, scope.Transaction);
            },
            cancellationToken);
    }

    /// <summary>Forgets a document: it disappears from every answer at once, then its rows go.</summary>
    public async Task<bool> DeleteAsync(string documentId, CancellationToken cancellationToken)
    {
        var found = await database.WriteAsync(
            async scope =>
            {
                scope.Signal(KnowledgeTopics.Changed);
                return await scope.Connection.ExecuteAsync(
                    "update knowledge_document set generation = 0, hash = '' where id = @documentId", new { documentId }, scope.Transaction) > 0;
            },
            cancellationToken);
        if (found)
        {
            await RemoveAsync(documentId, "generation >= @generation", 0, cancellationToken);
            await database.WriteAsync(
                scope => scope.Connection.ExecuteAsync("delete from knowledge_document where id = @documentId and generation = 0", new { documentId }, scope.Transaction),
                cancellationToken);
        }

        return found;
    }

    private async Task<int> WritePassagesAsync(WriteScope scope, PassageRow[] batch)
    {
        foreach (var row in batch)
        {
            row.Seq = await scope.Connection.ExecuteScalarAsync<long>(
                """
                insert into knowledge_passage (id, document_id, generation, position, kind, source, question, variants, text, subject, valid_from, valid_to)
                values (@Id, @DocumentId, @Generation, @Position, @Kind, @Source, @Question, @Variants, @Text, @Subject, @ValidFrom, @ValidTo)
                returning seq
                """,
                row,
                scope.Transaction);
            await IndexAsync(scope, "knowledge_index", row.Seq, TermCounts.Searchable(row));
            if (row.Question is not null)
            {
                await IndexAsync(scope, "knowledge_question_index", row.Seq, TermCounts.QuestionOnly(row));
            }
        }

        await TermCounts.AddAsync(scope, database.Dialect, batch, 1);
        return batch.Length;
    }

    private Task<int> IndexAsync(WriteScope scope, string table, long seq, string normalized)
    {
        var terms = IndexTerms.Of(normalized);
        return database.Dialect.IsPostgres
            ? scope.Connection.ExecuteAsync($"insert into {table} (seq, terms) values (@seq, array_to_tsvector(@terms))", new { seq, terms = terms.ToArray() }, scope.Transaction)
            : scope.Connection.ExecuteAsync($"insert into {table} (rowid, terms) values (@seq, @terms)", new { seq, terms = string.Join(' ', terms) }, scope.Transaction);
    }

    private async Task<int> RemoveBatchAsync(WriteScope scope, string documentId, string condition, long generation)
    {
        var rows = (await scope.Connection.QueryAsync<PassageRow>(
            $"select {Sql.PassageColumns} from knowledge_passage p where document_id = @documentId and {condition} order by seq limit {BatchSize}",
            new { documentId, generation },
            scope.Transaction)).ToList();
        var key = database.Dialect.IsPostgres ? "seq" : "rowid";
        var seqs = rows.Select(row => new { row.Seq }).ToList();
        await scope.Connection.ExecuteAsync($"delete from knowledge_index where {key} = @Seq", seqs, scope.Transaction);
        await scope.Connection.ExecuteAsync($"delete from knowledge_question_index where {key} = @Seq", seqs, scope.Transaction);
        await scope.Connection.ExecuteAsync("delete from knowledge_passage where seq = @Seq", seqs, scope.Transaction);
        await TermCounts.AddAsync(scope, database.Dialect, rows, -1);
        return rows.Count;
    }
}
