using System.Security.Cryptography;
using System.Text;
using SmartService.Knowledge.Store;

namespace SmartService.Knowledge.Documents;

/// <summary>A document as rows, with ids that stay the same while the words stay the same.</summary>
internal sealed record DocumentRows(IReadOnlyList<PassageRow> Passages, IReadOnlyList<FactRow> Facts, IReadOnlyList<AliasRow> Aliases, IReadOnlyList<string> Warnings)
{
    public static string IdOf(string path) => "d" + Digest(path, 10);

    public static DocumentRows From(SourceDocument document, string documentId, long generation)
    {
        var passages = new List<PassageRow>();
        var facts = new List<FactRow>();
        var warnings = new List<string>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var source in document.Passages)
        {
            var row = new PassageRow
            {
                DocumentId = documentId,
                Generation = generation,
                Position = passages.Count,
                Kind = source.Kind.ToString(),
                Source = Clean(source.Source),
                Question = source.Question is null ? null : Clean(source.Question),
                Variants = source.Variants.Count == 0 ? null : Clean(string.Join('\n', source.Variants)),
                Text = Clean(source.Text),
                Subject = source.Subject is null ? null : Clean(source.Subject),
                ValidFrom = (Later(source.ValidFrom, document.ValidFrom))?.ToUnixTimeMilliseconds(),
                ValidTo = (Earlier(source.ValidTo, document.ValidTo))?.ToUnixTimeMilliseconds(),
            };
            row.Id = Unique(ids, $"{documentId}-{Digest($"{row.Source}\n{row.Question}\n{row.Text}", 8)}");
            passages.Add(row);
            facts.AddRange(source.Facts.Select(fact => new FactRow
            {
                Id = Unique(ids, $"{documentId}-f{Digest($"{row.Subject}\n{fact.Relation}", 8)}"),
                DocumentId = documentId,
                Generation = generation,
                PassageId = row.Id,
                Subject = row.Subject ?? row.Source,
                Relation = Clean(fact.Relation),
                Value = Clean(fact.Value),
                Number = (double?)fact.Number,
                Unit = fact.Unit,
                Source = row.Source,
                ValidFrom = row.ValidFrom,
                ValidTo = row.ValidTo,
            }));
            if (HiddenInstructions.Found($"{row.Question}\n{row.Text}"))
            {
                warnings.Add($"'{row.Source}' holds text that reads like an instruction to the bot; please check it.");
            }
        }

        return new DocumentRows(passages, facts, [.. document.Aliases.Select(alias => new AliasRow { Alias = Clean(alias.Alias), Subject = Clean(alias.Subject) })], warnings);
    }

    /// <summary>NUL and half surrogates have no place in a PostgreSQL text.</summary>
    private static string Clean(string text)
    {
        if (!text.Contains('\0') && !text.Any(char.IsSurrogate))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is not (0 or 0xFFFD))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    private static string Unique(Dictionary<string, int> ids, string id)
    {
        var count = ids[id] = ids.GetValueOrDefault(id) + 1;
        return count == 1 ? id : $"{id}.{count}";
    }

    private static string Digest(string text, int length) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..length];

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null ? a : a > b ? a : b;

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null ? a : a < b ? a : b;
}
