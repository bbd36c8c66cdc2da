namespace SmartService.Knowledge.Store;

/// <summary>A passage as it is stored.</summary>
internal sealed class PassageRow
{
    public long Seq { get; set; }

    public string Id { get; set; } = "";

    public string DocumentId { get; set; } = "";

    public long Generation { get; set; }

    public int Position { get; set; }

    public string Kind { get; set; } = "";

    public string Source { get; set; } = "";

    public string? Question { get; set; }

    public string? Variants { get; set; }

    public string Text { get; set; } = "";

    public string? Subject { get; set; }

    public long? ValidFrom { get; set; }

    public long? ValidTo { get; set; }

    public PassageKind PassageKind => Enum.Parse<PassageKind>(Kind);
}

/// <summary>A fact as it is stored.</summary>
internal sealed class FactRow
{
    public string Id { get; set; } = "";

    public string DocumentId { get; set; } = "";

    public long Generation { get; set; }

    public string PassageId { get; set; } = "";

    public string Subject { get; set; } = "";

    public string Relation { get; set; } = "";

    public string Value { get; set; } = "";

    public double? Number { get; set; }

    public string? Unit { get; set; }

    public string Source { get; set; } = "";

    public long? ValidFrom { get; set; }

    public long? ValidTo { get; set; }

    public Fact ToFact() => new(Id, Subject, Relation, Value, (decimal?)Number, Unit, Source);
}

/// <summary>Another name of a product.</summary>
internal sealed class AliasRow
{
    public string Alias { get; set; } = "";

    public string Subject { get; set; } = "";
}

/// <summary>How often a term occurs.</summary>
internal sealed class TermRow
{
    public string Term { get; set; } = "";

    public int Passages { get; set; }
}
