namespace SmartService.Knowledge;

/// <summary>A document in the knowledge base.</summary>
public sealed class KnowledgeDocument
{
    public string Id { get; set; } = "";

    public string Path { get; set; } = "";

    public string Title { get; set; } = "";

    public int Passages { get; set; }

    public int Facts { get; set; }

    /// <summary>Unix milliseconds, inclusive; null = always was.</summary>
    public long? ValidFrom { get; set; }

    /// <summary>Unix milliseconds, exclusive; null = for ever.</summary>
    public long? ValidTo { get; set; }

    /// <summary>Unix milliseconds.</summary>
    public long ImportedAt { get; set; }
}

/// <summary>A line of a search in the knowledge base.</summary>
public sealed record SearchHit(string Id, double Score, string Source, string Text);
