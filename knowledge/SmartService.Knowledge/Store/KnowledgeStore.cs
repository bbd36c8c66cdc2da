using System.Globalization;
using System.Text;
using Dapper;
using SmartService.Data;

namespace SmartService.Knowledge.Store;

/// <summary>Reads the knowledge base. The stores only nominate candidates; what they are worth is decided in one place for both.</summary>
internal sealed class KnowledgeStore(IDatabase database)
{
    public Task<IReadOnlyList<KnowledgeDocument>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => (IReadOnlyList<KnowledgeDocument>)[.. await scope.Connection.QueryAsync<KnowledgeDocument>(
                """
                select id as Id, path as Path, title as Title, passages as Passages, facts as Facts, valid_from as ValidFrom, valid_to as ValidTo, imported_at as ImportedAt
                from knowledge_document where generation > 0 order by path
                """)],
            cancellationToken);

    public Task<(string Id, string Path, string Hash)?> FindByHashAsync(string hash, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => await scope.Connection.QueryFirstOrDefaultAsync<(string, string, string)?>(
                "select id, path, hash from knowledge_document where hash = @hash and generation > 0", new { hash }),
            cancellationToken);

    public Task<long> GenerationAsync(string documentId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            scope => scope.Connection.ExecuteScalarAsync<long>("select generation from knowledge_document where id = @documentId", new { documentId }),
            cancellationToken);

    public Task<PassageRow?> PassageAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => await scope.Connection.QueryFirstOrDefaultAsync<PassageRow>(
                $"select {Sql.PassageColumns} from knowledge_passage p {Sql.Visible("p")} where p.id = @id", new { id }),
            cancellationToken);

    public Task<IReadOnlyList<PassageRow>> PassagesAboutAsync(IReadOnlyCollection<string> subjects, long asOf, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                var parameters = new DynamicParameters(new { asOf, limit });
                return (IReadOnlyList<PassageRow>)[.. await scope.Connection.QueryAsync<PassageRow>(
                    $"""
                    select {Sql.PassageColumns} from knowledge_passage p {Sql.Visible("p")}
                    where p.subject in {Sql.In(parameters, "s", subjects)} and {Sql.Valid("p")} order by p.id limit @limit
                    """,
                    parameters)];
            },
            cancellationToken);

    public Task<IReadOnlyList<FactRow>> FactsAboutAsync(IReadOnlyCollection<string> subjects, IReadOnlyCollection<string> relations, long asOf, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                var parameters = new DynamicParameters(new { asOf });
                var ofRelations = relations.Count == 0 ? "" : $"and f.relation in {Sql.In(parameters, "r", relations)}";
                return (IReadOnlyList<FactRow>)[.. await scope.Connection.QueryAsync<FactRow>(
                    $"""
                    select {Sql.FactColumns} from knowledge_fact f {Sql.Visible("f")}
                    where f.subject in {Sql.In(parameters, "s", subjects)} {ofRelations} and {Sql.Valid("f")} order by f.id limit 2000
                    """,
                    parameters)];
            },
            cancellationToken);

    /// <summary>In how many passages each term occurs; absent = in none.</summary>
    public Task<Dictionary<string, int>> TermCountsAsync(IReadOnlyCollection<string> terms, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                var parameters = new DynamicParameters();
                var rows = await scope.Connection.QueryAsync<TermRow>(
                    $"select term as Term, passages as Passages from knowledge_term where term in {Sql.In(parameters, "t", terms)}", parameters);
                return rows.ToDictionary(row => row.Term, row => row.Passages, StringComparer.Ordinal);
            },
            cancellationToken);

    /// <summary>The most frequent pairs of characters, most frequent first.</summary>
    public Task<IReadOnlyList<TermRow>> FrequentPairsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => (IReadOnlyList<TermRow>)[.. await scope.Connection.QueryAsync<TermRow>(
                "select term as Term, passages as Passages from knowledge_term where length(term) = 2 and term not like '!_%' escape '!' order by passages desc, term limit 20000")],
            cancellationToken);

    /// <summary>Passages that share telling terms with the question, by all their text and by the questions of FAQ entries, best first.</summary>
    /// <param name="terms">The terms with their weights.</param>
    /// <param name="asOf">Unix milliseconds.</param>
    /// <param name="limit">How many; half as many again by questions.</param>
    /// <param name="outdated">How many of those that are not valid at that time.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<(IReadOnlyList<long> Valid, IReadOnlyList<long> Outdated)> CandidatesAsync(
        IReadOnlyCollection<(string Term, double Weight)> terms, long asOf, int limit, int outdated, CancellationToken cancellationToken) =>
        terms.Count == 0 ? ([], []) : await database.ReadAsync(
            async scope =>
            {
                async Task<IEnumerable<long>> Read(string table, bool valid, int most) => await scope.Connection.QueryAsync<long>(
                    database.Dialect.IsPostgres ? PostgresQuery(table, terms, valid) : SqliteQuery(table, terms, valid), new { asOf, limit = most });
                var valid = (await Read("knowledge_index", true, limit)).Concat(await Read("knowledge_question_index", true, limit / 2)).Distinct().ToList();
                return ((IReadOnlyList<long>)valid, (IReadOnlyList<long>)(outdated == 0 ? [] : [.. await Read("knowledge_index", false, outdated)]));
            },
            cancellationToken);

    public Task<IReadOnlyList<PassageRow>> PassagesAsync(IReadOnlyCollection<long> seqs, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope => (IReadOnlyList<PassageRow>)[.. await scope.Connection.QueryAsync<PassageRow>(
                $"select {Sql.PassageColumns} from knowledge_passage p where p.seq in ({string.Join(',', seqs.Select(seq => seq.ToString(CultureInfo.InvariantCulture)))})")],
            cancellationToken);

    public Task<Catalogue> CatalogueAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async scope =>
            {
                var passages = await scope.Connection.ExecuteScalarAsync<long>("select coalesce(sum(passages), 0) from knowledge_document where generation > 0");
                var subjects = await scope.Connection.QueryAsync<AliasRow>(
                    $"select distinct f.subject as Alias, f.subject as Subject from knowledge_fact f {Sql.Visible("f")}");
                var aliases = await scope.Connection.QueryAsync<AliasRow>(
                    $"select distinct f.alias as Alias, f.subject as Subject from knowledge_alias f {Sql.Visible("f")}");
                var relations = await scope.Connection.QueryAsync<string>($"select distinct f.relation from knowledge_fact f {Sql.Visible("f")}");
                var parameters = new DynamicParameters();
                var categories = await scope.Connection.QueryAsync<AliasRow>(
                    $"select distinct f.value as Alias, f.subject as Subject from knowledge_fact f {Sql.Visible("f")} where f.relation in {Sql.In(parameters, "r", Catalogue.CategoryRelations)}",
                    parameters);
                var dated = await scope.Connection.ExecuteScalarAsync<long>($"select count(*) from knowledge_passage p {Sql.Visible("p")} where p.valid_from is not null or p.valid_to is not null") > 0;
                return new Catalogue((int)passages, dated, [.. subjects], [.. aliases], [.. relations], [.. categories]);
            },
            cancellationToken);

    /// <summary>
    /// The sum of the weights of the terms that a passage holds, the same on both stores. The rank of FTS5 would not do: its
    /// bm25 is 0 for every row of a contentless table with detail=none. Terms are letters and digits only.
    /// </summary>
    private static string SqliteQuery(string table, IReadOnlyCollection<(string Term, double Weight)> terms, bool valid) =>
        $"""
        with wanted(term, weight) as (values {string.Join(", ", terms.Select(term => $"('{term.Term}', {Points(term.Weight)})"))})
        select p.seq from (
          select v.doc as seq, sum(w.weight) as weight from wanted w cross join {table}_vocabulary v on v.term = w.term group by v.doc
        ) h join knowledge_passage p on p.seq = h.seq {Sql.Visible("p")}
        where {Sql.Valid("p", valid)} order by h.weight desc, p.id limit @limit
        """;

    private static string PostgresQuery(string table, IReadOnlyCollection<(string Term, double Weight)> terms, bool valid)
    {
        var rank = new StringBuilder("0");
        foreach (var (term, weight) in terms)
        {
            rank.Append(CultureInfo.InvariantCulture, $" + case when i.terms @@ '''{term}'''::tsquery then {Points(weight)} else 0 end");
        }

        return $"""
            select p.seq from {table} i join knowledge_passage p on p.seq = i.seq {Sql.Visible("p")}
            where i.terms @@ '{string.Join(" | ", terms.Select(term => $"''{term.Term}''"))}'::tsquery and {Sql.Valid("p", valid)}
            order by {rank} desc, p.id collate "C" limit @limit
            """;
    }

    /// <summary>Whole numbers, so that sums are equal whatever order a store adds in.</summary>
    private static string Points(double weight) => ((int)Math.Round(weight * 1000)).ToString(CultureInfo.InvariantCulture);
}
