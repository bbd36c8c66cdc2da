namespace SmartService.Knowledge.Documents;

/// <summary>What a reader made of a file.</summary>
public sealed record SourceDocument
{
    /// <summary>As a person would name it; the first part of every source.</summary>
    public required string Title { get; init; }

    /// <summary>Not found before this moment.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Not found from this moment on.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    public IReadOnlyList<SourcePassage> Passages { get; init; } = [];

    public IReadOnlyList<SourceAlias> Aliases { get; init; } = [];

    /// <summary>What was left out or looks wrong, in sentences for the person who imports.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A piece of a file before it has an id.</summary>
public sealed record SourcePassage
{
    public required PassageKind Kind { get; init; }

    /// <summary>Title and headings, joined by <c> › </c>.</summary>
    public required string Source { get; init; }

    public required string Text { get; init; }

    public string? Question { get; init; }

    /// <summary>Other ways to ask the question.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The product that a row describes.</summary>
    public string? Subject { get; init; }

    public IReadOnlyList<SourceFact> Facts { get; init; } = [];

    public DateTimeOffset? ValidFrom { get; init; }

    public DateTimeOffset? ValidTo { get; init; }
}

/// <summary>A cell of a product row, typed.</summary>
public sealed record SourceFact(string Relation, string Value, decimal? Number = null, string? Unit = null);

/// <summary>Another name of a product.</summary>
public sealed record SourceAlias(string Alias, string Subject);
