using Dapper;

namespace SmartService.Knowledge.Store;

/// <summary>Pieces of SQL that both stores share.</summary>
internal static class Sql
{
    public const string PassageColumns =
        "p.seq as Seq, p.id as Id, p.document_id as DocumentId, p.generation as Generation, p.position as Position, p.kind as Kind, p.source as Source, p.question as Question, p.variants as Variants, p.text as Text, p.subject as Subject, p.valid_from as ValidFrom, p.valid_to as ValidTo";

    public const string FactColumns =
        "f.id as Id, f.document_id as DocumentId, f.generation as Generation, f.passage_id as PassageId, f.subject as Subject, f.relation as Relation, f.value as Value, f.number as Number, f.unit as Unit, f.source as Source, f.valid_from as ValidFrom, f.valid_to as ValidTo";

    /// <summary>Only rows of the import that is complete.</summary>
    public static string Visible(string row) => $"join knowledge_document d on d.id = {row}.document_id and d.generation = {row}.generation";

    public static string Valid(string row, bool valid = true) => valid
        ? $"({row}.valid_from is null or {row}.valid_from <= @asOf) and ({row}.valid_to is null or {row}.valid_to > @asOf)"
        : $"({row}.valid_from > @asOf or {row}.valid_to <= @asOf)";

    /// <summary>A list of parameters: Dapper's own expansion does not exist on Npgsql, arrays do not exist on SQLite.</summary>
    public static string In(DynamicParameters parameters, string prefix, IReadOnlyCollection<string> values)
    {
        var names = new List<string>(values.Count);
        foreach (var value in values)
        {
            var name = $"{prefix}{names.Count}";
            parameters.Add(name, value);
            names.Add("@" + name);
        }

        return names.Count == 0 ? "(null)" : $"({string.Join(',', names)})";
    }
}
