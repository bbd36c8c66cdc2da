using Dapper;
using SmartService.Data;
using SmartService.Knowledge.Text;

namespace SmartService.Knowledge.Store;

/// <summary>Keeps the number of passages per term in step with the passages.</summary>
internal static class TermCounts
{
    /// <summary>Marks a single character: its count tells how rare the character is, but it is no term of the index.</summary>
    public const char CharacterMark = '_';

    /// <summary>Everything that is found under: title, question, its variants and text.</summary>
    public static string Searchable(PassageRow row) =>
        ChineseText.Normalize($"{row.Source}\n{row.Question}\n{row.Variants}\n{row.Text}").Text;

    public static string QuestionOnly(PassageRow row) => ChineseText.Normalize($"{row.Question}\n{row.Variants}").Text;

    public static IEnumerable<string> Counted(string normalized) =>
        IndexTerms.Of(normalized).Concat(normalized.Where(ChineseText.IsHan).Distinct().Select(c => $"{CharacterMark}{c}"));

    public static async Task AddAsync(WriteScope scope, Dialect dialect, IEnumerable<PassageRow> rows, int sign)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var term in rows.SelectMany(row => Counted(Searchable(row))))
        {
            counts[term] = counts.GetValueOrDefault(term) + sign;
        }

        // In order of the term, so that two servers that import at once never wait for each other in a circle.
        if (dialect.IsPostgres)
        {
            await scope.Connection.ExecuteAsync(
                """
                insert into knowledge_term (term, passages) select * from unnest(@terms, @counts)
                on conflict (term) do update set passages = knowledge_term.passages + excluded.passages
                """,
                new { terms = counts.Keys.ToArray(), counts = counts.Values.ToArray() },
                scope.Transaction);
            if (sign < 0)
            {
                await scope.Connection.ExecuteAsync(
                    "delete from knowledge_term where passages <= 0 and term = any(@terms)", new { terms = counts.Keys.ToArray() }, scope.Transaction);
            }

            return;
        }

        await scope.Connection.ExecuteAsync(
            "insert into knowledge_term (term, passages) values (@term, @count) on conflict (term) do update set passages = passages + excluded.passages",
            counts.Select(pair => new { term = pair.Key, count = pair.Value }),
            scope.Transaction);
        if (sign < 0)
        {
            await scope.Connection.ExecuteAsync(
                "delete from knowledge_term where term = @term and passages <= 0", counts.Keys.Select(term => new { term }), scope.Transaction);
        }
    }
}
